/** A GPU as CUDA's driver sees it: memory, modules, streams. JCuda stays in here. */
package dev.dovetail.driver;
