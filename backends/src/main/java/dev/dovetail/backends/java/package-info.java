/**
 * Program to Java: sources that a person can read, compiled into a job that runs on its own.
 *
 * <p>Never knows how a plan was found; every number it writes comes from the program or from the job's facts.
 */
package dev.dovetail.backends.java;
