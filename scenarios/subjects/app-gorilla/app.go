// A small application on gorilla/sessions.
//
// SETUP says how: `defaults`, the CookieStore with one key, as the README shows it; `files`, the FilesystemStore, likewise; each with
// `hardened` as https://github.com/gorilla/sessions#readme advises: keys of 32 bytes for authentication and encryption, and the
// options HttpOnly, Secure and SameSite.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorilla/sessions"
)

var (
	setup    = os.Getenv("SETUP")
	hardened = strings.HasSuffix(setup, "hardened")
	store    = open()
)

func open() sessions.Store {
	keys := [][]byte{[]byte("3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f6")}
	options := &sessions.Options{Path: "/", MaxAge: 86400 * 30}
	if hardened {
		keys = append(keys, []byte("0f9a4d5cb9e6c2b73f1c1f6fa8d4e5f6"))
		options = &sessions.Options{
			Path: "/", MaxAge: 600, HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode,
		}
	}
	if strings.HasPrefix(setup, "files") {
		// The store leaves making its directory to the application.
		dir := filepath.Join(os.Getenv("HOME"), "sessions")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			log.Fatal(err)
		}
		files := sessions.NewFilesystemStore(dir, keys...)
		files.Options = options
		files.MaxAge(options.MaxAge)
		return files
	}
	cookies := sessions.NewCookieStore(keys...)
	cookies.Options = options
	cookies.MaxAge(options.MaxAge)
	return cookies
}

// page makes a page of what is done with the request's session, which is saved if it was changed.
func page(method string, do func(*http.Request, *sessions.Session) (answer string, save bool)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		// As the README has it: without a valid session there is a new one.
		session, _ := store.Get(r, "session")
		answer, save := do(r, session)
		if save {
			if err := session.Save(r, w); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		fmt.Fprint(w, answer)
	}
}

func value(session *sessions.Session, name, otherwise string) string {
	if text, ok := session.Values[name].(string); ok {
		return text
	}
	return otherwise
}

func main() {
	http.HandleFunc("/login", page(http.MethodPost, func(r *http.Request, session *sessions.Session) (string, bool) {
		session.Values["user"] = r.PostFormValue("user")
		return "welcome", true
	}))
	http.HandleFunc("/logout", page(http.MethodPost, func(_ *http.Request, session *sessions.Session) (string, bool) {
		session.Options.MaxAge = -1
		return "goodbye", true
	}))
	http.HandleFunc("/whoami", page(http.MethodGet, func(_ *http.Request, session *sessions.Session) (string, bool) {
		return value(session, "user", "nobody"), false
	}))
	http.HandleFunc("/set", page(http.MethodPost, func(r *http.Request, session *sessions.Session) (string, bool) {
		session.Values["value"] = r.PostFormValue("value")
		return "kept", true
	}))
	http.HandleFunc("/get", page(http.MethodGet, func(_ *http.Request, session *sessions.Session) (string, bool) {
		return value(session, "value", ""), false
	}))
	listener, err := net.Listen("unix", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.Serve(listener, nil))
}
