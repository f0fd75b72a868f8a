// Package regress runs regression cases: folders with a case.yaml that says
// what a bundle must be found to be. It knows cases and expectations; how a
// bundle is analysed is given to it.
//
// Left out: JUnit output and rewriting of goldens.
package regress
