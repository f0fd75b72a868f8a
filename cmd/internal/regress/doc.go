// Package regress runs regression cases: folders with a case.yaml that says
// what a bundle must be found to be. It knows cases, expectations and goldens; how a
// bundle is analysed, or written by a recipe, is given to it.
package regress
