package auth_test

import (
	"testing"

	"steelyard/auth"
)

func TestMarksOfADayLeadNowhere(t *testing.T) {
	secret := make([]byte, 32)
	mark := auth.DayMark(secret, "2025-03-04", "code", "device")
	for name, other := range map[string]auth.SecretHash{
		"the next day":    auth.DayMark(secret, "2025-03-05", "code", "device"),
		"other parts":     auth.DayMark(secret, "2025-03-04", "co", "dedevice"),
		"fewer parts":     auth.DayMark(secret, "2025-03-04", "codedevice"),
		"another secret":  auth.DayMark(append(secret, 1), "2025-03-04", "code", "device"),
		"another's phone": auth.DayMark(secret, "2025-03-04", "code", "device2"),
	} {
		if mark.Equal(other) {
			t.Errorf("%s has the same mark", name)
		}
	}
	if !mark.Equal(auth.DayMark(secret, "2025-03-04", "code", "device")) {
		t.Error("the same has two marks")
	}
}

func TestDeviceNames(t *testing.T) {
	name := auth.DeviceName()
	if !auth.ValidDevice(name) || name == auth.DeviceName() {
		t.Errorf("%q is no name, or has come twice", name)
	}
	for _, bad := range []string{"", "x", name + "A", name[1:], name[:21] + "!"} {
		if auth.ValidDevice(bad) {
			t.Errorf("%q is a name", bad)
		}
	}
}
