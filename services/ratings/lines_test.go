package ratings

import (
	"testing"

	"steelyard/models"
)

func FuzzParseLines(f *testing.F) {
	for _, seed := range []string{
		"", "service_id,channel\npassport,WINDOW\n", "\xEF\xBB\xBFservice_id,channel\r\na,b", "channel,service_id\n\"a\nb\",c\n",
		"service_id,channel\na,\"b\n", "service_id,channel,channel\na,b,c\n", "\xB7\xFE,service_id,channel\n", "\x00\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		lines, err := ParseLines("csv", raw)
		if err != nil {
			if models.CodeOf(err) != models.CodeInvalid {
				t.Errorf("an error that nobody can mend: %v", err)
			}
			return
		}
		for i, l := range lines {
			if l.Line < 2 || i > 0 && l.Line <= lines[i-1].Line {
				t.Errorf("line %d stands behind line %d", l.Line, lines[max(i-1, 0)].Line)
			}
		}
	})
}
