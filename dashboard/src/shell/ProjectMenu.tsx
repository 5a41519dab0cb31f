import { useQueryClient } from "@tanstack/react-query";
import { DropdownMenu } from "radix-ui";
import { chooseProject } from "../api/session";
import type { Me } from "../client";
import { Icon } from "../parts/Icon";
import { fill, texts } from "../texts";

/** The project that all pages are about; with one alone it is only named. */
export function ProjectMenu({ me }: { me: Me }) {
  const queries = useQueryClient();
  if (me.projects.length < 2) {
    return (
      <span className="project">
        <span>{me.project.name}</span>
      </span>
    );
  }
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger className="project" aria-label={fill(texts.shell.project, { name: me.project.name })}>
        <span>{me.project.name}</span> <Icon name="down" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={2}>
          <DropdownMenu.Label className="menu-label">{texts.shell.projects}</DropdownMenu.Label>
          {me.projects.map((each) => (
            <DropdownMenu.CheckboxItem
              key={each.id}
              className="menu-item"
              checked={each.id === me.project.id}
              onSelect={() => void chooseProject(each.id, queries)}
            >
              <span className="w-4">{each.id === me.project.id && <Icon name="done" />}</span>
              {each.name}
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
