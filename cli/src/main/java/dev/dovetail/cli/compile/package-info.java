/** From a spec to a plan, a program and a job: what several commands share. */
package dev.dovetail.cli.compile;
