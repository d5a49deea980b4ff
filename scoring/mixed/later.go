package mixed

// later is what Solution.Later works with.
type later struct{}
