# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of a change as a whole.

Private to the collection: may change at any time.
"""

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
      - V(validate) runs C(consul validate) over the directory as it would be.
      - V(trial) also starts a throw-away agent on loopback with all the definitions, which finds what C(consul validate) misses.
        It joins nobody, runs no check, and ends before the task goes on.
    type: str
    choices: [validate, trial, none]
    default: validate
  lock_timeout:
    description:
      - How many seconds to wait for another run that is at work on the same directory.
    type: int
    default: 30
  payload:
    description:
      - What the controller has made of the definitions. It is filled in by the action plugin of this module.
      - Leave it out.
    type: str
"""
