// The FilesystemStore of gorilla/sessions, as it is published, used as its README shows: one hash key, default options.
//
// Each operation is one HTTP request to an application: the session is taken with the request's cookie, changed, and saved.
// A session id in the protocol is the id inside that cookie, which only the application can sign.
package main

import (
	"encoding/gob"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"

	"interloper"

	"github.com/gorilla/securecookie"
	"github.com/gorilla/sessions"
)

const cookieName = "session"

// null stands for JSON's null, which encoding/gob cannot store in an interface.
type null bool

type filesystem struct {
	interloper.Unsupported
	store *sessions.FilesystemStore
}

func (f *filesystem) Hello() interloper.Hello {
	return interloper.Hello{
		Name: "gorilla-filesystem", Version: version, Keeps: []string{"data"},
		// The cookie is signed.
		IDIsCredential: new(bool),
		Ops:            []string{"save", "load", "delete", "create"}, IDs: "both", Setups: []interloper.Setup{{Name: "dir", At: "dir", MadeBy: "caller"}},
	}
}

// Open uses the directory that the harness made, as the store leaves that to the application.
func (f *filesystem) Open(at interloper.Open) error {
	f.store = sessions.NewFilesystemStore(at.Path, []byte("32 bytes that stand for the key."))
	return nil
}

func (f *filesystem) Save(id string, given *interloper.Session) error {
	request, err := f.request(id)
	if err != nil {
		return err
	}
	// As the README has it, `session, _ :=`: without a valid session there is a new one.
	session, _ := f.store.New(request, cookieName)
	return f.keep(request, session, given)
}

func (f *filesystem) Load(id string) (*interloper.Session, error) {
	request, err := f.request(id)
	if err != nil {
		return nil, err
	}
	session, err := f.store.New(request, cookieName)
	switch {
	case os.IsNotExist(err):
		return nil, nil
	case isDecodeError(err):
		return nil, interloper.Failure{Kind: "corrupt", Message: err.Error()}
	case err != nil:
		return nil, err
	}
	data := map[string]any{}
	for name, value := range session.Values {
		if name, ok := name.(string); ok {
			data[name] = toJSON(value)
		}
	}
	return &interloper.Session{Data: data}, nil
}

// Delete is what the documentation shows for a logout: a negative age, and a save.
func (f *filesystem) Delete(id string) error {
	request, err := f.request(id)
	if err != nil {
		return err
	}
	session, _ := f.store.New(request, cookieName)
	session.Options.MaxAge = -1
	return f.store.Save(request, httptest.NewRecorder(), session)
}

// Create is a login by a browser that already has a cookie with the requested text, which nobody has signed.
func (f *filesystem) Create(requested *string, given *interloper.Session) (string, error) {
	request := httptest.NewRequest(http.MethodPost, "/login", nil)
	if requested != nil {
		request.AddCookie(&http.Cookie{Name: cookieName, Value: *requested})
	}
	session, _ := f.store.New(request, cookieName)
	err := f.keep(request, session, given)
	return session.ID, err
}

// request returns a request with the application's own cookie for an id.
func (f *filesystem) request(id string) (*http.Request, error) {
	value, err := securecookie.EncodeMulti(cookieName, id, f.store.Codecs...)
	if err != nil {
		return nil, interloper.Failure{Kind: "invalid", Message: err.Error()}
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.AddCookie(&http.Cookie{Name: cookieName, Value: value})
	return request, nil
}

// keep replaces the values of a session and saves it.
func (f *filesystem) keep(request *http.Request, session *sessions.Session, given *interloper.Session) error {
	session.Values = map[any]any{}
	for name, value := range given.Data {
		session.Values[name] = toGob(value)
	}
	return f.store.Save(request, httptest.NewRecorder(), session)
}

func isDecodeError(err error) bool {
	failure, ok := err.(securecookie.Error)
	return ok && failure.IsDecode()
}

// toGob replaces null, at any depth.
func toGob(value any) any {
	return mapped(value, func(leaf any) any {
		if leaf == nil {
			return null(true)
		}
		return leaf
	})
}

// toJSON is the reverse.
func toJSON(value any) any {
	return mapped(value, func(leaf any) any {
		if _, ok := leaf.(null); ok {
			return nil
		}
		return leaf
	})
}

func mapped(value any, leaf func(any) any) any {
	switch value := value.(type) {
	case map[string]any:
		made := make(map[string]any, len(value))
		for name, item := range value {
			made[name] = mapped(item, leaf)
		}
		return made
	case []any:
		made := make([]any, len(value))
		for index, item := range value {
			made[index] = mapped(item, leaf)
		}
		return made
	}
	return leaf(value)
}

func main() {
	gob.Register(map[string]any{})
	gob.Register([]any{})
	gob.Register(json.Number(""))
	gob.Register(null(true))
	interloper.Serve(&filesystem{})
}

// version is set by the build: the installed package's.
var version = "unknown"
