// The readers of cookies in net/http, for both headers, as an application gets what they read.
package main

import (
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"interloper"
)

type parser struct{ interloper.Unsupported }

// What the linker sets; the library is the compiler's.
var version string

func (parser) Hello() interloper.Hello {
	return interloper.Hello{
		Name: "parser-go", Version: strings.TrimPrefix(runtime.Version(), "go"), Kind: "parser", Medium: "memory", Keeps: []string{},
		Parses: []string{"cookie", "set_cookie"}, Ops: []string{"parse"}, Setups: []interloper.Setup{{Name: "default", At: "none"}},
	}
}

func (parser) Open(interloper.Open) error               { return nil }
func (parser) Save(string, *interloper.Session) error   { return unsupported }
func (parser) Load(string) (*interloper.Session, error) { return nil, unsupported }

var unsupported = interloper.Failure{Kind: "unsupported"}

func (parser) Parse(header string, value []byte) ([][2]string, error) {
	pairs := [][2]string{}
	if header == "cookie" {
		request := http.Request{Header: http.Header{"Cookie": {string(value)}}}
		for _, cookie := range request.Cookies() {
			pairs = append(pairs, [2]string{cookie.Name, cookie.Value})
		}
		return pairs, nil
	}
	response := http.Response{Header: http.Header{"Set-Cookie": {string(value)}}}
	for _, cookie := range response.Cookies() {
		pairs = append(pairs, [2]string{cookie.Name, cookie.Value})
		add := func(name, value string) { pairs = append(pairs, [2]string{name, value}) }
		if !cookie.Expires.IsZero() {
			add("expires", strconv.FormatInt(cookie.Expires.Unix(), 10))
		}
		// Zero says that there is none, and a negative number that it is 0 or less.
		if cookie.MaxAge > 0 {
			add("max-age", strconv.Itoa(cookie.MaxAge))
		} else if cookie.MaxAge < 0 {
			add("max-age", "0")
		}
		if cookie.Domain != "" {
			add("domain", strings.ToLower(strings.TrimPrefix(cookie.Domain, ".")))
		}
		if cookie.Path != "" {
			add("path", cookie.Path)
		}
		if cookie.Secure {
			add("secure", "")
		}
		if cookie.HttpOnly {
			add("httponly", "")
		}
		switch cookie.SameSite {
		case http.SameSiteStrictMode:
			add("samesite", "strict")
		case http.SameSiteLaxMode:
			add("samesite", "lax")
		case http.SameSiteNoneMode:
			add("samesite", "none")
		}
	}
	return pairs, nil
}

func main() { interloper.Serve(parser{}) }
