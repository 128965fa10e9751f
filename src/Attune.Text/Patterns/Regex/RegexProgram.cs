namespace Attune.Text.Patterns.Regex;

/// <summary>What an instruction does.</summary>
internal enum RegexOp
{
    /// <summary>Takes a character of a set.</summary>
    Set,

    /// <summary>Goes on at A; if that fails, at B.</summary>
    Split,

    /// <summary>Goes on at A.</summary>
    Jump,

    /// <summary>Remembers the position as bound A of the captures.</summary>
    Save,

    /// <summary>Needs an anchor of kind A.</summary>
    Anchor,

    /// <summary>Runs the instructions that follow up to their Match as a condition, then goes on at A.</summary>
    Look,

    /// <summary>Runs the instructions that follow up to their Match and goes on at A where they ended.</summary>
    Atomic,

    /// <summary>Takes what group A matched.</summary>
    BackReference,

    /// <summary>The end.</summary>
    Match,
}

/// <summary>An instruction.</summary>
internal readonly record struct RegexInstruction(RegexOp Op, int A = 0, int B = 0)
{
    /// <summary>The set of a Set.</summary>
    public CharacterSet? Set { get; init; }

    /// <summary>The condition of a Look.</summary>
    public LookNode? Look { get; init; }

    /// <summary>The number of a Split among the splits.</summary>
    public int Number { get; init; }
}

/// <summary>A regular expression as instructions for <see cref="RegexMatcher"/>.</summary>
internal sealed class RegexProgram
{
    private const int MaxInstructions = 20_000;

    private readonly List<RegexInstruction> _code = [];
    private readonly string _place;

    private RegexProgram(string place) => _place = place;

    /// <summary>The instructions.</summary>
    public RegexInstruction[] Code { get; private set; } = [];

    /// <summary>Number of splits.</summary>
    public int SplitCount { get; private set; }

    /// <summary>Number of bounds of captures.</summary>
    public int BoundCount { get; private init; }

    /// <summary>Whether what is remembered about failures would be wrong, because it depends on what groups matched.</summary>
    public bool DependsOnCaptures { get; private init; }

    /// <summary>Where the expression stands and what it says, for errors.</summary>
    public string Place => _place;

    /// <summary>Compiles an expression.</summary>
    /// <exception cref="TextException">It cannot be read, or becomes too large.</exception>
    public static RegexProgram Compile(string source, string place)
    {
        (RegexNode node, RegexParser parser) = RegexParser.Parse(source, place);
        var program = new RegexProgram($"{place}: the regular expression '{source}'")
        {
            BoundCount = 2 * (parser.CaptureCount + 1),
            DependsOnCaptures = parser.HasBackReferences,
        };
        program.Emit(node);
        program.Add(new RegexInstruction(RegexOp.Match));
        program.Code = [.. program._code];
        return program;
    }

    private int Add(RegexInstruction instruction)
    {
        if (_code.Count >= MaxInstructions)
        {
            throw new TextException($"{_place} is too large: its repetitions need more than {MaxInstructions} instructions");
        }

        _code.Add(instruction);
        return _code.Count - 1;
    }

    private int AddSplit() => Add(new RegexInstruction(RegexOp.Split) { Number = SplitCount++ });

    private void Patch(int split, int first, int second) => _code[split] = _code[split] with { A = first, B = second };

    private void Emit(RegexNode node)
    {
        switch (node)
        {
            case SetNode set:
                Add(new RegexInstruction(RegexOp.Set) { Set = set.Set });
                break;
            case SequenceNode sequence:
                foreach (RegexNode part in sequence.Parts)
                {
                    Emit(part);
                }

                break;
            case ChoiceNode choice:
                EmitChoice(choice);
                break;
            case RepeatNode { Mode: RepeatMode.Possessive } repeat:
                EmitAtomic(RegexOp.Atomic, repeat with { Mode = RepeatMode.Greedy }, null);
                break;
            case RepeatNode repeat:
                EmitRepeat(repeat);
                break;
            case CaptureNode capture:
                Add(new RegexInstruction(RegexOp.Save, 2 * capture.Index));
                Emit(capture.Body);
                Add(new RegexInstruction(RegexOp.Save, (2 * capture.Index) + 1));
                break;
            case AtomicNode atomic:
                EmitAtomic(RegexOp.Atomic, atomic.Body, null);
                break;
            case LookNode look:
                EmitAtomic(RegexOp.Look, look.Body, look);
                break;
            case BackReferenceNode reference:
                Add(new RegexInstruction(RegexOp.BackReference, reference.Index));
                break;
            case AnchorNode anchor:
                Add(new RegexInstruction(RegexOp.Anchor, (int)anchor.Kind));
                break;
            default:
                throw new InvalidOperationException($"no instructions for {node.GetType().Name}");
        }
    }

    private void EmitChoice(ChoiceNode choice)
    {
        var ends = new List<int>();
        for (int i = 0; i < choice.Options.Count; i++)
        {
            bool last = i == choice.Options.Count - 1;
            int split = last ? -1 : AddSplit();
            Emit(choice.Options[i]);
            if (!last)
            {
                ends.Add(Add(new RegexInstruction(RegexOp.Jump)));
                Patch(split, split + 1, _code.Count);
            }
        }

        foreach (int end in ends)
        {
            _code[end] = _code[end] with { A = _code.Count };
        }
    }

    private void EmitRepeat(RepeatNode repeat)
    {
        if (DependsOnCaptures && repeat.Max is null && repeat.Body.MinWidth == 0 && repeat.Body is not BackReferenceNode)
        {
            throw new TextException($"{_place} repeats what can be empty and refers to groups; this combination is not supported");
        }

        for (int i = 0; i < repeat.Min; i++)
        {
            Emit(repeat.Body);
        }

        bool greedy = repeat.Mode == RepeatMode.Greedy;
        if (repeat.Max is null)
        {
            int split = AddSplit();
            Emit(repeat.Body);
            Add(new RegexInstruction(RegexOp.Jump, split));
            Patch(split, greedy ? split + 1 : _code.Count, greedy ? _code.Count : split + 1);
            return;
        }

        var splits = new List<int>();
        for (int i = repeat.Min; i < repeat.Max; i++)
        {
            splits.Add(AddSplit());
            Emit(repeat.Body);
        }

        foreach (int split in splits)
        {
            Patch(split, greedy ? split + 1 : _code.Count, greedy ? _code.Count : split + 1);
        }
    }

    private void EmitAtomic(RegexOp op, RegexNode body, LookNode? look)
    {
        int start = Add(new RegexInstruction(op) { Look = look });
        Emit(body);
        Add(new RegexInstruction(RegexOp.Match));
        _code[start] = _code[start] with { A = _code.Count };
    }
}
