package cases_test

import (
	"os"
	"testing"

	"steelyard/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }
