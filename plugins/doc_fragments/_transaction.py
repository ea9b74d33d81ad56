# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of a change as a whole."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  drift:
    description:
      - What happens to files of ours that were edited or deleted by hand, or got other permissions.
      - V(repair) puts them right. V(report) leaves them alone with a warning, and refuses a change that would overwrite them.
    type: str
    choices: [repair, report]
    default: repair
  adopt:
    description:
      - Take over files that exist under a name we need and that were not written by this task before, be it by hand, by another
        tool, or for another set. Without it, such a file is an error, even when its content is the wanted one.
      - Take over services and checks as well. A file of others, whatever its name, is removed in the same step when all that it
        declares is declared here in the same way, so that the agent notices nothing. When only a part is, or something is declared
        otherwise, that is an error that says which.
    type: bool
    default: false
  preflight:
    description:
      - What is asked of a real C(consul) on the target before files change. Where there is none, nothing is.
      - Definitions with something at the paths of O(unchecked) are put before C(consul validate) in any case.
      - V(validate) runs C(consul validate) over the directory as it would be.
      - V(trial) also starts a throw-away agent on loopback with all the definitions, which finds what C(consul validate) misses.
        It joins nobody, runs no check, and ends before the task goes on.
    type: str
    choices: [validate, trial, none]
    default: validate
  reload:
    description:
      - V(now) has the agent load the change in the same step, and compares what it has then with the files. Where it refuses, the files
        are put back and loaded again, and the task fails. See M(registrar.consul.agent_reload), which does the same by itself.
      - V(later) leaves the change to M(registrar.consul.agent_reload), best in a handler, so that several tasks on one directory need one
        reload. Until that has seen that the agent took the change, this task reports RV(ignore:changed=true) with the reason in
        RV(pending_reason), so that a handler that never ran runs the next time.
      - Where there is no agent to tell, as in an image that is being built, a warning says that the files wait. The next runs report
        RV(ignore:changed=false) then, and say it again.
      - With V(never) somebody else tells the agent, such as a handler of yours. A change is then done when the files are written, and no
        run reports it again. Given up is that anybody looks whether the agent took it, that files which the agent refuses are taken back,
        that overridden tags are kept, and that a run which ended before the agent was told is made up for.
    type: str
    choices: [now, later, never]
    default: now
  reload_method:
    description: How the agent is told. See O(registrar.consul.agent_reload#module:method).
    type: str
    choices: [auto, signal, api]
    default: auto
  reload_timeout:
    description: Seconds to wait until the agent has what the files say. Without it a limit that grows with the number of services.
    type: int
  lock_timeout:
    description: How many seconds to wait for another run that is at work on the same directory.
    type: int
    default: 30
  payload:
    description:
      - What the controller has made of the definitions. It is filled in by the action plugin of this module.
      - Leave it out.
    type: str
"""
