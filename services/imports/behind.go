package imports

// behind does one thing after the other on a goroutine of its own: the database takes what
// is written while the next rows are read.
type behind struct {
	todo   chan func() error
	failed chan struct{} // closed at the first failure
	ended  chan struct{}
	err    error // of the first failure; for who has seen failed or ended closed
}

func newBehind() *behind {
	b := &behind{todo: make(chan func() error), failed: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(b.ended)
		for do := range b.todo {
			if b.err = do(); b.err != nil {
				close(b.failed)
				return
			}
		}
	}()
	return b
}

// do hands over the next thing once the one before is done, and gives the error of an earlier
// one.
func (b *behind) do(fn func() error) error {
	select {
	case b.todo <- fn:
		return nil
	case <-b.failed:
		return b.err
	}
}

// end waits until all is done.
func (b *behind) end() error {
	close(b.todo)
	<-b.ended
	return b.err
}
