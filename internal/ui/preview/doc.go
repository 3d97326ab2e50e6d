// Package preview holds pages of the reference design, made with the components
// and the reference's own words. Tests look at them in a browser; the product
// never imports them.
package preview
