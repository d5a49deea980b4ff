package overhttp

import (
	"mime"
	"strconv"
	"strings"
)

// The media types of an answer.
const (
	mediaJSON   = "application/json"
	mediaResult = "application/graphql-response+json"
	mediaStream = "text/event-stream"
)

// offered are the media types that an Accept range may choose, in the order in
// which a range with a star chooses them.
var offered = []string{mediaJSON, mediaResult, mediaStream}

// negotiate returns the media type that an Accept header asks for, or "" where it
// accepts none that there is. Without a header it is application/json, as before
// there was another. Of equal qualities the more specific range wins, then the
// first.
func negotiate(accept string) string {
	if strings.TrimSpace(accept) == "" {
		return mediaJSON
	}
	best, bestQuality, bestSpecific := "", 0.0, -1
	for part := range strings.SplitSeq(accept, ",") {
		choice, quality, specific := readRange(part)
		if choice == "" || quality == 0 {
			continue
		}
		if quality > bestQuality || quality == bestQuality && specific > bestSpecific {
			best, bestQuality, bestSpecific = choice, quality, specific
		}
	}
	return best
}

// readRange reads one range of an Accept header: the media type it chooses, ""
// for none of ours, its quality from 0 to 1, and how specific it is.
func readRange(text string) (choice string, quality float64, specific int) {
	media, params, err := mime.ParseMediaType(text)
	if err != nil {
		return "", 0, 0
	}
	if charset, given := params["charset"]; given && !isUTF8(charset) {
		return "", 0, 0
	}
	quality = 1
	if q, given := params["q"]; given {
		quality, err = strconv.ParseFloat(q, 64)
		if err != nil || !(quality >= 0 && quality <= 1) {
			return "", 0, 0
		}
	}
	for _, own := range offered {
		group, _, _ := strings.Cut(own, "/")
		switch media {
		case own:
			return own, quality, 2
		case group + "/*":
			return own, quality, 1
		case "*/*":
			return own, quality, 0
		}
	}
	return "", 0, 0
}

func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}
