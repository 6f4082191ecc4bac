/** Pipeline templates: how a job goes on, without a restart, when nodes fail (Oobleck). */
package dev.dovetail.optimizer.template;
