package messages

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/text/language"
)

// Lang is a language of the catalogue, as a BCP 47 tag.
type Lang string

// The languages.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

// Langs are all languages, the default first.
var Langs = []Lang{Chinese, English}

var matcher = language.NewMatcher([]language.Tag{
	language.MustParse(string(Chinese)), language.MustParse(string(English)),
})

// maxHeader is the longest header that is looked at, in bytes: no browser sends
// more languages than fit.
const maxHeader = 512

// negotiated are languages by the headers that asked for them: browsers send few, again and
// again, and to read one takes longer than to check who asks.
var negotiated, _ = lru.New[string, Lang](256) // it fails for a size of 0

// Negotiate returns the language that fits an Accept-Language header best: Chinese
// where it is missing, cannot be read, or names none of ours.
func Negotiate(acceptLanguage string) Lang {
	if len(acceptLanguage) > maxHeader {
		return Chinese
	}
	l, known := negotiated.Get(acceptLanguage)
	if !known {
		l = negotiate(acceptLanguage)
		negotiated.Add(acceptLanguage, l)
	}
	return l
}

func negotiate(acceptLanguage string) Lang {
	wanted, quality, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return Chinese
	}
	// A quality of 0 says "not this one".
	acceptable := wanted[:0]
	for i, tag := range wanted {
		if quality[i] > 0 {
			acceptable = append(acceptable, tag)
		}
	}
	_, i, confidence := matcher.Match(acceptable...)
	if confidence == language.No {
		return Chinese
	}
	return Langs[i]
}

type langKey struct{}

// With returns a context that carries the language of the answer.
func With(ctx context.Context, l Lang) context.Context { return context.WithValue(ctx, langKey{}, l) }

// From returns the context's language: Chinese where there is none.
func From(ctx context.Context) Lang {
	if l, ok := ctx.Value(langKey{}).(Lang); ok {
		return l
	}
	return Chinese
}
