package radius

// Action is something the owner of an Exchange has to do.
type Action interface{ isAction() }

// Open opens a UDP socket to a server; if that fails, call Lost.
type Open struct {
	Socket SocketID
	Server int // index in ExchangeConfig.Servers
}

// Send sends a datagram on a socket. A socket that was lost is passed over.
type Send struct {
	Socket   SocketID
	Datagram []byte
}

// Close closes a socket.
type Close struct{ Socket SocketID }

// Answered ends a request with a verified reply.
type Answered struct {
	Ref    uint64
	Server int
	Reply  Reply
}

// Failed ends a request without one: no server answered, or Err says why it
// could not even be sent.
type Failed struct {
	Ref uint64
	Err error
}

// Marked says that a server became dead or is heard again.
type Marked struct {
	Server int
	Dead   bool
}

func (Open) isAction()     {}
func (Send) isAction()     {}
func (Close) isAction()    {}
func (Answered) isAction() {}
func (Failed) isAction()   {}
func (Marked) isAction()   {}
