// Package freeradius writes the configuration of a private FreeRADIUS 3, which
// does no more than a gateway asks of it: PAP and CHAP by a users file, and
// accounting that is kept or forgotten. Who runs it, and where, is the caller's
// business: Command is how, and Ready what it says when it serves.
package freeradius

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Ready is in the line that the server prints when it answers.
const Ready = "Ready to process requests"

// Names of the files in Config.Dir that a server on TLS has its credentials in.
const (
	KeyFile       = "key.pem"
	CertFile      = "cert.pem"
	AuthorityFile = "ca.pem"
)

// Config is a server with one client.
type Config struct {
	Dir    string // of its files; made if it is not there
	Addr   string // it answers at
	Auth   uint16 // port; with TLS of both kinds
	Acct   uint16 // port; 0: none
	TLS    bool   // RadSec
	Client string // address
	Secret string // shared with the client, on UDP
	Users  string // the users file
	Detail string // file of accounting records; "": they are forgotten
	Log    bool   // a line for each Access-Request
}

// Command is the program and its arguments.
func (c *Config) Command() []string { return []string{"freeradius", "-f", "-l", "stdout", "-d", c.Dir} }

// Write makes the files.
func (c *Config) Write() error {
	return errors.Join(
		os.MkdirAll(c.Dir, 0o700),
		c.file("radiusd.conf", c.radiusd()),
		c.file("users", c.Users),
		c.file("dictionary", ""),
	)
}

func (c *Config) file(name, text string) error {
	return os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600)
}

// radiusd is radiusd.conf.
func (c *Config) radiusd() string {
	listens := listen("auth", c.Auth)
	if c.Acct != 0 {
		listens += listen("acct", c.Acct)
	}
	if c.TLS {
		listens = strings.ReplaceAll(radsec, "@PORT@", strconv.Itoa(int(c.Auth)))
	}
	log, accounting := "no", "always ok {\n\t\trcode = ok\n\t}"
	if c.Log {
		log = "yes"
	}
	module := "ok"
	if c.Detail != "" {
		module, accounting = "detail", "detail {\n\t\tfilename = "+c.Detail+"\n\t}"
	}
	text := strings.NewReplacer("@LISTEN@", listens, "@ACCOUNTING@", accounting, "@MODULE@", module, "@LOG@", log).Replace(radiusd)
	return strings.NewReplacer("@DIR@", c.Dir, "@ADDR@", c.Addr, "@CLIENT@", c.Client, "@SECRET@", strconv.Quote(c.Secret)).Replace(text)
}

// radiusd has one setting per line: the parser takes no more. Replies are signed,
// which FreeRADIUS 3.2.1 does only when it is told to.
const radiusd = `
prefix = /usr
name = freeradius
libdir = /usr/lib/freeradius
run_dir = @DIR@
pidfile = @DIR@/pid
max_requests = 65536
log {
	destination = stdout
	auth = @LOG@
}
security {
	reject_delay = 0
	status_server = yes
}
thread pool {
	start_servers = 2
	max_servers = 4
	min_spare_servers = 1
	max_spare_servers = 4
}
client lac {
	ipaddr = @CLIENT@
	secret = @SECRET@
	require_message_authenticator = yes
}
clients radsec {
	client lac {
		ipaddr = @CLIENT@
		proto = tls
		secret = radsec
	}
}
modules {
	files {
		usersfile = @DIR@/users
	}
	pap {
	}
	chap {
	}
	@ACCOUNTING@
}
server test {
@LISTEN@	authorize {
		update reply {
			Message-Authenticator := 0x00
		}
		chap
		files
		pap
	}
	authenticate {
		Auth-Type PAP {
			pap
		}
		Auth-Type CHAP {
			chap
		}
	}
	accounting {
		@MODULE@
	}
}
`

func listen(kind string, port uint16) string {
	return "\tlisten {\n\t\ttype = " + kind + "\n\t\tipaddr = @ADDR@\n\t\tport = " + strconv.Itoa(int(port)) + "\n\t}\n"
}

// On TLS one port takes both kinds.
const radsec = `	listen {
		type = auth+acct
		proto = tcp
		ipaddr = @ADDR@
		port = @PORT@
		clients = radsec
		tls {
			private_key_file = @DIR@/` + KeyFile + `
			certificate_file = @DIR@/` + CertFile + `
			ca_file = @DIR@/` + AuthorityFile + `
			require_client_cert = yes
			tls_min_version = "1.2"
			tls_max_version = "1.3"
			fragment_size = 8192
		}
	}
`
