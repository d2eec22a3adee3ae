/** FHIR XML put together into JSON's shape, element by element as a parser finds them. https://hl7.org/fhir/R4/xml.html */
import { type Issue, Report } from '../issue.ts';
import { isResourceType } from '../table.ts';
import { type Frame, type Growing, lengthOf, pad, put, putPrimitive } from './frame.ts';
import { NarrativeText } from './narrative.ts';
import { fhirNamespace, isAttribute, type Part, planOf, schemaInstance, xhtmlNamespace, xmlns } from './plan.ts';
import { parsePrimitive, spellingOf } from './primitive.ts';
import { foreign, mostIssues, Stop, shown, type Tag } from './refusal.ts';

export class Builder {
  root: Growing | undefined;
  /** Elements that are open. */
  depth = 0;
  #report = new Report('Resource', mostIssues);
  readonly #line: () => number;
  readonly #frames: Frame[] = [];
  #narrative: { readonly made: NarrativeText; readonly owner: Growing; readonly name: string } | undefined;
  /** How many elements are open of those that are not looked at. */
  #skipped = 0;

  /** @param line where the parser is */
  constructor(line: () => number) {
    this.#line = line;
  }

  get issues(): readonly Issue[] {
    return this.#report.issues;
  }

  /** @throws Stop, as all of it, when no more can be read */
  open(tag: Tag): void {
    this.depth++;
    const frame = this.#frames.at(-1);
    if (this.#skipped > 0) this.#skipped++;
    else if (this.#narrative !== undefined) this.#openInNarrative(tag);
    else if (frame?.plan === undefined) this.#openResource(tag, frame);
    else this.#openElement(tag, frame);
  }

  close(local: string): void {
    this.depth--;
    if (this.#skipped > 0) this.#skipped--;
    else if (this.#narrative !== undefined) this.#closeInNarrative(local);
    else this.#closeFrame(this.#frames.pop()!);
  }

  text(content: string): void {
    if (this.#skipped > 0) return;
    if (this.#narrative !== undefined) this.#narrative.made.add(content);
    else if (this.#frames.length > 0 && content.trim() !== '')
      this.#add('structure', 'has text between elements', 'put values into the attribute "value".');
  }

  #openResource(tag: Tag, place: Frame | undefined): void {
    const plan = tag.uri === fhirNamespace && isResourceType(tag.local) ? planOf(tag.local) : undefined;
    if (place === undefined && plan !== undefined) this.#report = new Report(plan.name, mostIssues);
    const isSecond = place?.slot?.filled === true;
    if (place?.slot !== undefined) place.slot.filled = true;
    if (plan === undefined || isSecond) {
      if (isSecond) this.#skip('holds more than one resource', 'repeat the element around it.');
      else this.#skip(...foreign(tag));
      return;
    }
    const value: Growing = { resourceType: plan.name };
    if (place?.slot === undefined) this.root = value;
    else put(place.value, place.slot.element, value);
    this.#frames.push({ plan, value, steps: 0, order: -1, padded: undefined });
    this.#checkAttributes(tag, () => false);
  }

  #openElement(tag: Tag, owner: Frame): void {
    const plan = owner.plan!;
    const part = isAttribute(plan, tag.local) ? undefined : plan.parts.get(tag.local);
    const uri = part?.element.type === 'xhtml' ? xhtmlNamespace : fhirNamespace;
    if (part === undefined || tag.uri !== uri) {
      const what = `has ${shown('an element', tag.local)} that R4's ${plan.name} does not have there`;
      this.#skip(what, 'remove it or correct its name.');
      return;
    }
    const { name, list } = part.element;
    if (part.order < owner.order)
      this.#add('structure', `has "${name}" behind an element that R4 puts after it`, 'keep the order of R4.');
    owner.order = Math.max(part.order, owner.order);
    if (!list && (owner.value[name] !== undefined || owner.value[`_${name}`] !== undefined)) {
      this.#skip(`has "${name}" more than once`, 'keep one.');
      return;
    }
    this.#report.enter(part.step);
    if (list) this.#report.enter(lengthOf(owner.value, name));
    this.#enter(tag, part, owner);
  }

  #enter(tag: Tag, { element }: Part, owner: Frame): void {
    const steps = element.list ? 2 : 1;
    const base = { steps, order: -1, padded: undefined };
    if (element.type === 'xhtml') {
      this.#narrative = { made: new NarrativeText(), owner: owner.value, name: element.name };
      this.#openInNarrative(tag);
    } else if (element.type === 'Resource') {
      this.#frames.push({ ...base, plan: undefined, value: owner.value, slot: { element, filled: false } });
      this.#checkAttributes(tag, () => false);
    } else if (element.kind === 'primitive') this.#enterPrimitive(tag, element, owner, steps);
    else {
      const plan = planOf(element.type)!;
      const value: Growing = {};
      put(owner.value, element, value);
      this.#frames.push({ ...base, plan, value });
      this.#checkAttributes(tag, (name, text) => {
        if (!isAttribute(plan, name)) return false;
        value[name] = text;
        return true;
      });
    }
  }

  #enterPrimitive(tag: Tag, element: Part['element'], owner: Frame, steps: number): void {
    const companion: Growing = {};
    let value: unknown;
    this.#checkAttributes(tag, (name, text) => {
      if (name === 'id') companion['id'] = text;
      else if (name === 'value') value = this.#valueOf(element.type, text);
      else return false;
      return true;
    });
    const primitive = { element, owner, value };
    this.#frames.push({ plan: planOf('Element')!, value: companion, steps, order: -1, padded: undefined, primitive });
  }

  #valueOf(type: string, text: string): unknown {
    const value = parsePrimitive(type, text);
    if (value === undefined) this.#add('value', `takes ${spellingOf(type)}`, 'correct it.');
    return value ?? text;
  }

  #closeFrame(frame: Frame): void {
    pad(frame);
    const { primitive, slot, value } = frame;
    if (slot?.filled === false) this.#add('structure', 'holds no resource', 'put one into it.');
    if (primitive !== undefined) {
      if (primitive.value === undefined && Object.keys(value).length === 0)
        this.#add('required', 'has neither a value nor extensions', 'give it the attribute "value".');
      putPrimitive(primitive.owner, primitive.element, primitive.value, value);
    }
    for (let i = 0; i < frame.steps; i++) this.#report.leave();
  }

  #openInNarrative({ uri, local, attributes }: Tag): void {
    if (uri !== xhtmlNamespace) {
      this.#skip('has an element that is not XHTML', 'remove it.');
      return;
    }
    const kept = Object.values(attributes).filter((a) => a.uri !== xmlns);
    this.#narrative!.made.open(
      local,
      kept.map((a) => [a.uri === '' ? a.local : a.name, a.value]),
    );
  }

  #closeInNarrative(local: string): void {
    const { made, owner, name } = this.#narrative!;
    made.close(local);
    if (made.depth > 0) return;
    owner[name] = made.text;
    this.#narrative = undefined;
    this.#report.leave();
  }

  /** @param take whether it is an attribute of R4, which is then taken */
  #checkAttributes({ attributes }: Tag, take: (name: string, text: string) => boolean): void {
    for (const key in attributes) {
      const { uri, local, value } = attributes[key]!;
      if (uri === xmlns || (uri === '' && take(local, value))) continue;
      // A hint for tools, which R4 allows and nobody needs.
      if (uri === schemaInstance && local === 'schemaLocation' && this.#frames.length <= 1) continue;
      this.#add('structure', `has ${shown('an attribute', local)} that R4 does not have there`, 'remove it.');
    }
  }

  /** Notes an issue and looks away until the element is closed. */
  #skip(what: string, mend: string, code: Issue['code'] = 'structure'): void {
    this.#skipped = 1;
    this.#add(code, what, mend);
  }

  #add(code: Issue['code'], what: string, mend: string): void {
    this.#report.add(code, `${what} (line ${this.#line()}); ${mend}`);
    if (this.#report.isFull) throw new Stop();
  }

  /** @param text follows the place where the parser is, or stands for itself after a colon */
  note(code: Issue['code'], text: string): void {
    this.#report.add(code, text);
  }

  stop(code: Issue['code'], text: string): never {
    this.note(code, text);
    throw new Stop();
  }
}
