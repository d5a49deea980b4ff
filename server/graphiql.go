package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// graphiqlFiles are GraphiQL with its editor, compressed: tools/graphiql makes them.
//
//go:embed graphiql/*.gz
var graphiqlFiles embed.FS

const graphiqlHTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Steelyard GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/graphiql/graphiql.css">
<style>html, body, #graphiql { height: 100%; margin: 0 }</style>
</head>
<body>
NOTE<div id="graphiql">Loading …</div>
<script type="module" src="/graphiql/graphiql.js"></script>
</body>
</html>
`

// graphiqlPolicy lets the editor do what it must: style its own elements, run its
// workers, talk to this server and to nobody else.
const graphiqlPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"font-src 'self' data:; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// note is what the console says of trusted documents.
func (t *trusted) note() string {
	switch {
	case t == nil:
		return ""
	case t.strangers:
		return "<p><strong>Without a token this server runs trusted documents alone: set Authorization under Headers.</strong></p>\n"
	}
	return "<p><strong>This server runs trusted documents alone: what is typed here runs only if it is one of them, to the byte.</strong></p>\n"
}

// graphiqlPage is the page that the console lives in. It says where what is typed there is
// not run.
func graphiqlPage(t *trusted) http.Handler {
	page := strings.Replace(graphiqlHTML, "NOTE", t.note(), 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", graphiqlPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(page))
	})
}

// graphiqlAssets serves the console's files, as they are stored where the browser
// takes gzip. They change with the program alone, so that a browser that has them
// gets 304.
func graphiqlAssets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		packed, err := fs.ReadFile(graphiqlFiles, "graphiql/"+name+".gz")
		if err != nil {
			http.NotFound(w, r)
			return
		}
		sum := sha256.Sum256(packed)
		tag, body := hex.EncodeToString(sum[:8]), packed
		h := w.Header()
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			h.Set("Content-Encoding", "gzip")
			tag += "-gzip"
		} else if body, err = unpack(packed); err != nil {
			panic(err) // the file is part of the program
		}
		h.Add("Vary", "Accept-Encoding")
		h.Set("ETag", `"`+tag+`"`)
		h.Set("Cache-Control", "no-cache")
		h.Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		// A worker has the policy of its own response.
		h.Set("Content-Security-Policy", graphiqlPolicy)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

func unpack(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
