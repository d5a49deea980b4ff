package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Keeping are the flags that say how long residents' words are kept.
type Keeping struct {
	RetainCases    int `placeholder:"MONTHS" help:"Months after which the words of a case that is over, its place, contact and attachments are erased; the case and its figures stay. Default: when somebody asks."`
	RetainComments int `placeholder:"MONTHS" help:"Months after which comments and contacts of ratings are erased; the ratings stay. Default: when somebody asks."`
}

// check refuses what are no months.
func (k Keeping) check() error {
	if k.RetainCases < 0 || k.RetainComments < 0 {
		return errors.New("--retain-cases and --retain-comments are months: 1 or more, or 0 to keep until somebody asks")
	}
	return nil
}

// retention says whether anything is erased by itself.
func (k Keeping) retention() finding {
	if err := k.check(); err != nil {
		return fail("retention", "%v", err)
	}
	var kept []string
	if k.RetainCases == 0 {
		kept = append(kept, "cases (--retain-cases)")
	}
	if k.RetainComments == 0 {
		kept = append(kept, "ratings (--retain-comments)")
	}
	if len(kept) > 0 {
		return warn("retention", "what residents wrote in %s is kept until somebody asks: say how many months the law wants", strings.Join(kept, " and "))
	}
	return ok("retention", "words of cases go after %d months, of ratings after %d", k.RetainCases, k.RetainComments)
}

// keyPlaces warns where a key lies in a folder that is copied together with the data:
// with a year's rater key and the database raters can be recognised, with the audit key
// the trail can be signed anew.
func (c *doctorCmd) keyPlaces(s *session) finding {
	raters, err := s.flags.keyFile()
	audit, failed := c.file(s)
	attachments, wrong := s.flags.attachments(c.Attachments)
	if err := errors.Join(err, failed, wrong); err != nil {
		return fail("key places", "%v", err)
	}
	data := map[string]string{}
	if path, isSQLite := strings.CutPrefix(s.flags.DB, "sqlite:"); isSQLite {
		data["the database"] = filepath.Dir(path)
	}
	if !strings.HasPrefix(attachments, "s3://") {
		data["the attachments"] = attachments
	}
	if c.Backups != "" {
		data["the backups"] = c.Backups
	}
	var near []string
	for _, key := range []struct{ flag, path string }{{"--key-file", raters}, {"--audit-key-file", audit}} {
		for _, what := range []string{"the database", "the attachments", "the backups"} {
			if folder, is := data[what]; is && below(key.path, folder) {
				near = append(near, fmt.Sprintf("%s (%s) lies with %s", key.path, key.flag, what))
			}
		}
	}
	if len(near) > 0 {
		return warn("key places", "%s: whoever copies the one has the other; move it to a place of its own", strings.Join(near, "; "))
	}
	return ok("key places", "%s and %s lie apart from the data", raters, audit)
}

// below says whether a file lies in a folder or anywhere below it.
func below(file, folder string) bool {
	from, err := filepath.Abs(folder)
	to, failed := filepath.Abs(file)
	if err != nil || failed != nil {
		return false
	}
	path, err := filepath.Rel(from, to)
	return err == nil && path != ".." && !strings.HasPrefix(path, ".."+string(filepath.Separator))
}

// oldBackup is how old the last backup may be.
const oldBackup = 48 * time.Hour

// backups looks for the newest file in the folder of backups.
func (c *doctorCmd) backups() finding {
	if c.Backups == "" {
		return warn("backups", "none are looked for: name their folder by --backups, and make them by steelyard backup")
	}
	entries, err := os.ReadDir(c.Backups)
	if err != nil {
		return fail("backups", "%v", err)
	}
	var newest fs.FileInfo
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() && (newest == nil || info.ModTime().After(newest.ModTime())) {
			newest = info
		}
	}
	switch {
	case newest == nil:
		return fail("backups", "%s is empty: steelyard backup makes one", c.Backups)
	case time.Since(newest.ModTime()) > oldBackup:
		return warn("backups", "the newest, %s, is %d days old", newest.Name(), int(time.Since(newest.ModTime()).Hours()/24))
	}
	return ok("backups", "the newest is %s; steelyard restore --check looks whether it is whole", newest.Name())
}

// transport warns where what goes to the database can be read on the way.
func transport(dbURL string) finding {
	u, err := url.Parse(dbURL)
	if err != nil {
		return fail("transport", "--db cannot be read as a URL")
	}
	host := u.Hostname()
	if socket := u.Query().Get("host"); socket != "" {
		host = socket
	}
	local := host == "" || strings.HasPrefix(host, "/") || isLoopback(net.JoinHostPort(host, "5432"))
	switch mode := u.Query().Get("sslmode"); {
	case local:
		return ok("transport", "the database is on this machine")
	case mode == "verify-full":
		return ok("transport", "encrypted, and the database's name is checked")
	case mode == "require" || mode == "verify-ca":
		return warn("transport", "encrypted, but whose certificate it is is not checked: sslmode=verify-full")
	}
	return warn("transport", "answers and passwords may travel to the database in the clear: sslmode=verify-full")
}
