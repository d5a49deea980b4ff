package resolvers

import (
	"encoding/base64"

	"steelyard/graph"
	"steelyard/models"
)

// file is a report as a file, its bytes as text.
func file(name string, format models.ReportFormat, content []byte) *graph.ReportExport {
	out := &graph.ReportExport{Filename: name + format.Extension(), MediaType: format.MediaType(), Encoding: graph.ContentEncodingText}
	if format.Text() {
		out.Content = string(content)
		return out
	}
	out.Encoding, out.Content = graph.ContentEncodingBase64, base64.StdEncoding.EncodeToString(content)
	return out
}
