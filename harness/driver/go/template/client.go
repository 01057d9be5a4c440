// The driver of an HTTP client in Go. Put your client's calls in place of those of net/http: load the session, send one request, save it.
package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"time"

	"interloper"
)

type client struct {
	interloper.UnsupportedStore
	path string
}

// jar is a cookie jar that keeps what was set, and where: cookiejar.Jar itself cannot be saved.
type jar struct {
	*cookiejar.Jar
	Set []set
}

type set struct {
	URL     string
	Cookies []*http.Cookie
}

func (j *jar) SetCookies(at *url.URL, cookies []*http.Cookie) {
	for _, cookie := range cookies {
		if cookie.MaxAge > 0 {
			// A duration would begin again with each load.
			cookie.Expires, cookie.MaxAge = time.Now().Add(time.Duration(cookie.MaxAge)*time.Second), 0
		}
	}
	j.Set = append(j.Set, set{at.String(), cookies})
	j.Jar.SetCookies(at, cookies)
}

func load(path string) (*jar, error) {
	inner, err := cookiejar.New(nil)
	loaded := &jar{Jar: inner}
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return loaded, nil
	}
	var kept []set
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	for _, one := range kept {
		if at, err := url.Parse(one.URL); err == nil {
			loaded.SetCookies(at, one.Cookies)
		}
	}
	return loaded, err
}

func (c *client) Hello() interloper.Hello {
	return interloper.Hello{
		Name: "client", Version: "1.0.0", Kind: "client", Keeps: []string{"cookies"}, Ops: []string{"fetch"},
		Setups: []interloper.Setup{{Name: "file", At: "file", OneSession: true}},
	}
}

func (c *client) Open(at interloper.Open) error {
	c.path = at.Path
	return nil
}

func (c *client) Fetch(asked interloper.Fetch) error {
	if asked.Cookie != "" {
		return interloper.Failure{Kind: "unsupported", Message: "it cannot be given a cookie"}
	}
	jar, err := load(c.path)
	if err != nil {
		return err
	}
	request, err := http.NewRequest("GET", asked.URL, nil)
	if err != nil {
		return err
	}
	if asked.Auth != nil {
		request.SetBasicAuth(asked.Auth.User, asked.Auth.Password)
	}
	answer, err := (&http.Client{Jar: jar}).Do(request)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if asked.ReadOnly {
		return nil
	}
	text, err := json.Marshal(jar.Set)
	if err != nil {
		return err
	}
	return os.WriteFile(c.path, text, 0o600)
}

func main() {
	// Sites over https have their certificates from the sandbox's own authority.
	os.Setenv("SSL_CERT_FILE", "/etc/interloper/ca.pem")
	interloper.Serve(&client{})
}
