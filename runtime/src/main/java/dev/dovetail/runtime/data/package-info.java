/** The text a job trains on, cut into windows that are functions of seed, step and index. */
package dev.dovetail.runtime.data;
