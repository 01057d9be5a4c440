// Package interloper hosts a session store in Go for Interloper: driver protocol 2, standard library only, Go 1.18 and later.
//
// A driver is a store and one call:
//
//	type files struct{ interloper.Unsupported; path string }
//
//	func (f *files) Hello() interloper.Hello { … }
//	func (f *files) Open(at interloper.Open) error { f.path = at.Path; return nil }
//	func (f *files) Save(id string, session *interloper.Session) error { … }
//	func (f *files) Load(id string) (*interloper.Session, error) { … }
//
//	func main() { interloper.Serve(&files{}) }
//
// Go cannot fork, so each case gets a process of its own.
package interloper

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"
)

const (
	protocol  = 2
	maxLine   = 16 << 20
	requestFD = 3
	answerFD  = 4
	// The longest error message that is sent, in bytes: some errors quote the whole file.
	messageLimit = 1000
)

// Hello is what the driver says of its store; runtime and clock are filled in by Serve.
type Hello struct {
	Name     string   `json:"name"`
	Version  string   `json:"version"`
	Kind     string   `json:"kind,omitempty"`
	Medium   string   `json:"medium,omitempty"`
	Keeps    []string `json:"keeps"`
	Ops      []string `json:"ops"`
	IDs      string   `json:"ids,omitempty"`
	Enforces []string `json:"enforces,omitempty"`
	// Parses names the headers that a parser reads.
	Parses []string `json:"parses,omitempty"`
	// IDIsCredential says whether knowing an id is enough to use its session; nil says nothing.
	IDIsCredential *bool    `json:"id_is_credential,omitempty"`
	Setups         []Setup  `json:"setups"`
	Promises       []string `json:"promises,omitempty"`
	Can            []string `json:"can"`
	Runtime        string   `json:"runtime"`
	Now            int64    `json:"now"`
}

// Setup is one way in which the store is used. At is one of home, file, dir, tmp and none.
type Setup struct {
	Name       string         `json:"name"`
	At         string         `json:"at"`
	OneSession bool           `json:"one_session,omitempty"`
	MadeBy     string         `json:"made_by,omitempty"`
	Params     map[string]any `json:"params,omitempty"`
}

// Open says where the store is. Path is the file or directory that the harness names, and empty if it names none. The umask is already set.
type Open struct {
	Setup    string
	Home     string
	Path     string
	ReadOnly bool
	Params   map[string]any
}

// Session has the parts of a session. Numbers in Data are json.Number; a part that the store does not keep may be left out.
type Session struct {
	Data      map[string]any  `json:"data,omitempty"`
	Cookies   json.RawMessage `json:"cookies,omitempty"`
	Headers   json.RawMessage `json:"headers,omitempty"`
	Auth      json.RawMessage `json:"auth,omitempty"`
	ExpiresAt *int64          `json:"expires_at,omitempty"`
}

// Fetch is what a client is asked to send. Auth is nil if no password is given, and Cookie empty, or "name=value".
type Fetch struct {
	URL      string       `json:"url"`
	ReadOnly bool         `json:"read_only"`
	Cookie   string       `json:"cookie"`
	Auth     *Credentials `json:"auth"`
}

// Credentials are a name and a password that a client is given for one request.
type Credentials struct {
	User     string `json:"user"`
	Password string `json:"password"`
}

// Store is a store under test. Embed Unsupported for the operations that Hello().Ops does not name.
type Store interface {
	Hello() Hello
	Open(Open) error
	Save(id string, session *Session) error
	// Load returns nil if there is no such session.
	Load(id string) (*Session, error)
	// Update changes one part of a session: it sets what set names, and leaves the rest.
	Update(id string, set *Session) error
	Delete(id string) error
	// Create stores a session under an id of the store's choosing; requested is nil if the caller asks for none.
	Create(requested *string, session *Session) (string, error)
	Rotate(id string) (string, error)
	List() ([]string, error)
	Purge() error
	Advance(seconds int64) error
	// Parse reads a header, if this is a parser: it returns pairs of a name and a value.
	Parse(header string, value []byte) ([][2]string, error)
	// Fetch has a client send a request with its session, and keep what the answers set.
	Fetch(asked Fetch) error
	Close() error
}

// Failure is an answer that says no. Kinds: unsupported corrupt denied conflict absent invalid io other.
type Failure struct{ Kind, Message string }

func (f Failure) Error() string { return f.Kind + ": " + f.Message }

// Unsupported has every operation beyond Hello, Open, Save and Load, and does none of them.
type Unsupported struct{}

// UnsupportedStore has Save and Load as well: a client that only fetches embeds it.
type UnsupportedStore struct{ Unsupported }

var unsupported = Failure{Kind: "unsupported"}

func (Unsupported) Update(string, *Session) error             { return unsupported }
func (Unsupported) Delete(string) error                       { return unsupported }
func (Unsupported) Create(*string, *Session) (string, error)  { return "", unsupported }
func (Unsupported) Rotate(string) (string, error)             { return "", unsupported }
func (Unsupported) List() ([]string, error)                   { return nil, unsupported }
func (Unsupported) Purge() error                              { return unsupported }
func (Unsupported) Advance(int64) error                       { return unsupported }
func (Unsupported) Parse(string, []byte) ([][2]string, error) { return nil, unsupported }
func (Unsupported) Fetch(Fetch) error                         { return unsupported }
func (Unsupported) Close() error                              { return nil }

func (UnsupportedStore) Save(string, *Session) error   { return unsupported }
func (UnsupportedStore) Load(string) (*Session, error) { return nil, unsupported }

// request has every field of every operation.
type request struct {
	N        *uint64        `json:"n"`
	Op       *string        `json:"op"`
	Protocol int            `json:"protocol"`
	Home     string         `json:"home"`
	Setup    string         `json:"setup"`
	At       string         `json:"at"`
	Umask    string         `json:"umask"`
	Params   map[string]any `json:"params"`
	ID       *string        `json:"id"`
	Session  *Session       `json:"session"`
	Set      *Session       `json:"set"`
	Seconds  int64          `json:"seconds"`
	Header   string         `json:"header"`
	Value    *written       `json:"value"`
	Fetch
}

type answer struct {
	N   uint64            `json:"n"`
	OK  any               `json:"ok,omitempty"`
	Err *failureOnTheLine `json:"err,omitempty"`
}

type failureOnTheLine struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

type object = map[string]any

// Serve serves the store on descriptors 3 and 4 until the harness closes them: the whole main function of a driver.
func Serve(store Store) {
	// A program that the store starts must not be able to hold the harness's pipes.
	syscall.CloseOnExec(requestFD)
	syscall.CloseOnExec(answerFD)
	requests := bufio.NewReaderSize(os.NewFile(requestFD, "requests"), 1<<16)
	answers := os.NewFile(answerFD, "answers")
	for {
		line, err := requests.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "an Interloper driver: cannot read requests on descriptor 3:", err)
			os.Exit(1)
		}
		if _, err := answers.Write(respond(store, line)); err != nil {
			os.Exit(1)
		}
	}
}

// respond answers one line. Go writes to standard output without a buffer, so what the store printed is out before the answer.
func respond(store Store, line []byte) []byte {
	var asked request
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var n uint64
	var ok any
	err := decoder.Decode(&asked)
	switch {
	case err != nil || asked.N == nil || asked.Op == nil:
		err = Failure{"invalid", fmt.Sprint("not a request: ", err)}
	default:
		n = *asked.N
		ok, err = perform(store, &asked)
	}
	said := answer{N: n, OK: ok}
	if err != nil {
		said = answer{N: n, Err: failed(err)}
	}
	encoded, err := encode(said)
	if err == nil && len(encoded) > maxLine {
		err = fmt.Errorf("the answer is %d bytes long, and a line at most %d", len(encoded), maxLine)
	}
	if err != nil {
		encoded, _ = encode(answer{N: n, Err: failed(err)})
	}
	return encoded
}

func encode(said answer) ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	// Encode ends the line.
	err := encoder.Encode(said)
	return line.Bytes(), err
}

// perform does what is asked and returns what `ok` holds.
func perform(store Store, asked *request) (any, error) {
	id := ""
	switch *asked.Op {
	case "save", "load", "update", "delete", "rotate":
		if asked.ID == nil {
			return nil, Failure{"invalid", "not a request: id is missing"}
		}
		id = *asked.ID
	}
	if asked.Session == nil && (*asked.Op == "save" || *asked.Op == "create") {
		return nil, Failure{"invalid", "not a request: session is missing"}
	}
	if asked.Set == nil && *asked.Op == "update" {
		return nil, Failure{"invalid", "not a request: set is missing"}
	}
	switch *asked.Op {
	case "hello":
		return hello(store, asked)
	case "open":
		return object{}, open(store, asked)
	case "save":
		return object{}, store.Save(id, asked.Session)
	case "load":
		session, err := store.Load(id)
		if session == nil {
			return object{"absent": true}, err
		}
		return object{"session": session}, err
	case "update":
		return object{}, store.Update(id, asked.Set)
	case "delete":
		return object{}, store.Delete(id)
	case "create":
		made, err := store.Create(asked.ID, asked.Session)
		return object{"id": made}, err
	case "rotate":
		made, err := store.Rotate(id)
		return object{"id": made}, err
	case "list":
		ids, err := store.List()
		return object{"ids": append([]string{}, ids...)}, err
	case "purge":
		return object{}, store.Purge()
	case "advance":
		return object{}, store.Advance(asked.Seconds)
	case "parse":
		return parse(store, asked)
	case "fetch":
		if asked.URL == "" {
			return nil, Failure{"invalid", "not a request: url is missing"}
		}
		return object{}, store.Fetch(asked.Fetch)
	case "close":
		return object{}, store.Close()
	}
	return nil, Failure{"unsupported", fmt.Sprintf("no operation %q", *asked.Op)}
}

// written is bytes on a line: a text, or base64 of what is none.
type written []byte

func (w *written) UnmarshalJSON(line []byte) error {
	var text string
	if json.Unmarshal(line, &text) == nil {
		*w = written(text)
		return nil
	}
	var encoded struct {
		B64 *[]byte `json:"b64"`
	}
	if err := json.Unmarshal(line, &encoded); err != nil || encoded.B64 == nil {
		return errors.New("value is neither a text nor base64")
	}
	*w = *encoded.B64
	return nil
}

func (w written) MarshalJSON() ([]byte, error) {
	if utf8.Valid(w) {
		return json.Marshal(string(w))
	}
	return json.Marshal(object{"b64": []byte(w)})
}

func parse(store Store, asked *request) (any, error) {
	if asked.Value == nil {
		return nil, Failure{"invalid", "not a request: value is missing"}
	}
	pairs, err := store.Parse(asked.Header, *asked.Value)
	read := [][2]written{}
	for _, pair := range pairs {
		read = append(read, [2]written{written(pair[0]), written(pair[1])})
	}
	return object{"pairs": read}, err
}

func hello(store Store, asked *request) (any, error) {
	if asked.Protocol != protocol {
		return nil, Failure{"unsupported", fmt.Sprintf("this driver speaks protocol %d, not %d", protocol, asked.Protocol)}
	}
	said := store.Hello()
	if said.Can == nil {
		said.Can = []string{"umask"}
	}
	executable, err := os.Executable()
	said.Runtime = fmt.Sprintf("go %s %s", runtime.Version(), executable)
	said.Now = time.Now().Unix()
	return said, err
}

// open sets the umask before the store, or anything else, can make a file.
func open(store Store, asked *request) error {
	umask, err := strconv.ParseUint(asked.Umask, 8, 9)
	if err != nil {
		return Failure{"invalid", fmt.Sprintf("umask %q is not octal", asked.Umask)}
	}
	syscall.Umask(int(umask))
	return store.Open(Open{Setup: asked.Setup, Home: asked.Home, Path: asked.At, ReadOnly: asked.ReadOnly, Params: asked.Params})
}

// failed is what `err` holds.
func failed(err error) *failureOnTheLine {
	var failure Failure
	if !errors.As(err, &failure) {
		failure = Failure{kind(err), err.Error()}
	}
	message := failure.Message
	if len(message) > messageLimit {
		message = message[:messageLimit]
	}
	return &failureOnTheLine{failure.Kind, message}
}

func kind(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return "other"
	}
	switch errno {
	case syscall.ENOENT:
		return "absent"
	case syscall.EACCES, syscall.EPERM:
		return "denied"
	case syscall.EINVAL, syscall.ENAMETOOLONG:
		return "invalid"
	}
	return "io"
}
