// Package font holds the typeface of reports: WenQuanYi Micro Hei, which has the
// unified Chinese characters of U+4E00 to U+9FC3 beside Latin, Greek and Cyrillic.
// Its licence stands in LICENSE.txt.
package font

import _ "embed"

// MicroHei is the typeface as plain TrueType.
//
//go:generate go -C ../../tools run ./ttcface /usr/share/fonts/truetype/wqy/wqy-microhei.ttc 0 ../report/font/wqy-microhei.ttf
//go:embed wqy-microhei.ttf
var MicroHei []byte
