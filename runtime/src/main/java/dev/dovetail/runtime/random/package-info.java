/** Random numbers addressed by index: the same under every split. */
package dev.dovetail.runtime.random;
