// Package httpd is the service's HTTP edge: all routes in one file (routes.go),
// middleware, the console's pages and the API. It is the only home of gin. Errors
// are mapped to statuses once; internal error text never leaves the process.
package httpd
