using Attune.Text.Unicode;

namespace Attune.Text.Patterns.Regex;

/// <summary>Runs a program over one text by backtracking, and remembers which splits failed where.</summary>
/// <remarks>
/// Whether the rest of the program matches from a position does not depend on how it got there, so a split that failed once at a position
/// fails there for good and the work is bounded by splits times characters. Programs that refer to groups and very long texts cannot use this;
/// they and costly conditions are stopped by limits on steps and ways left to try.
/// </remarks>
internal ref struct RegexMatcher
{
    private const int FreeSteps = 1_000_000;
    private const int StepsPerByte = 200;
    private const long MaxRememberedWords = 4 << 20;
    private const int MaxStack = 4 << 20;

    private readonly RegexProgram _program;
    private readonly ReadOnlySpan<byte> _text;
    private readonly int _words;
    private readonly ulong[] _failed;
    private readonly int[] _bounds;
    private readonly List<(int Code, int Position)> _stack;
    private readonly List<(int Position, int Split)> _marked;
    private long _steps;
    private int _depth;

    /// <summary>Starts with a text.</summary>
    public RegexMatcher(RegexProgram program, ReadOnlySpan<byte> text)
    {
        _program = program;
        _text = text;
        _words = program.DependsOnCaptures ? 0 : (program.SplitCount + 63) / 64;
        if ((text.Length + 1L) * _words > MaxRememberedWords)
        {
            _words = 0;
        }

        _failed = new ulong[(text.Length + 1) * _words];
        _bounds = new int[program.BoundCount];
        _stack = [];
        _marked = [];
        _steps = FreeSteps + ((long)StepsPerByte * text.Length);
    }

    /// <summary>The end of the match that starts at a position; -1 when there is none.</summary>
    public int Match(int start)
    {
        Array.Fill(_bounds, -1);
        _stack.Clear();
        int end = Run(0, start, requiredEnd: -1);
        if (end >= 0)
        {
            // The splits of the match itself did not fail; later matches can only meet those at its end.
            _failed.AsSpan(end * _words, _words).Clear();
        }

        return end;
    }

    private int Run(int code, int position, int requiredEnd)
    {
        int floor = _stack.Count;
        while (true)
        {
            if (_steps-- <= 0 || _stack.Count > MaxStack)
            {
                throw new TextException($"{_program.Place} needs too many steps for a text of {_text.Length} bytes; write it so that it does not try so many ways");
            }

            ref readonly RegexInstruction instruction = ref _program.Code[code];
            if (instruction.Op == RegexOp.Match && (requiredEnd < 0 || position == requiredEnd))
            {
                _stack.RemoveRange(floor, _stack.Count - floor);
                return position;
            }

            if (Step(instruction, ref code, ref position))
            {
                continue;
            }

            while (_stack.Count > floor && _stack[^1].Code < 0)
            {
                Restore();
            }

            if (_stack.Count == floor)
            {
                return -1;
            }

            (code, position) = _stack[^1];
            _stack.RemoveAt(_stack.Count - 1);
        }
    }

    /// <summary>Does one instruction; false when it fails.</summary>
    private bool Step(in RegexInstruction instruction, ref int code, ref int position)
    {
        switch (instruction.Op)
        {
            case RegexOp.Set:
                if (position >= _text.Length || !instruction.Set!.Contains(Utf8.Decode(_text, position, out int size)))
                {
                    return false;
                }

                position += size;
                code++;
                return true;
            case RegexOp.Split:
                if (_words > 0 && !Mark(instruction.Number, position))
                {
                    return false;
                }

                _stack.Add((instruction.B, position));
                code = instruction.A;
                return true;
            case RegexOp.Jump:
                code = instruction.A;
                return true;
            case RegexOp.Save:
                _stack.Add((-1 - instruction.A, _bounds[instruction.A]));
                _bounds[instruction.A] = position;
                code++;
                return true;
            case RegexOp.Anchor:
                code++;
                return IsAnchor((AnchorKind)instruction.A, position);
            case RegexOp.Look:
                bool holds = Look(instruction.Look!, code + 1, position) != instruction.Look!.Negative;
                code = instruction.A;
                return holds;
            case RegexOp.Atomic:
                position = RunInside(code + 1, position, requiredEnd: -1);
                code = instruction.A;
                return position >= 0;
            case RegexOp.BackReference:
                code++;
                return TakeAgain(instruction.A, ref position);
            default:
                return false;
        }
    }

    /// <summary>Runs a part of the program up to its own end.</summary>
    private int RunInside(int code, int position, int requiredEnd)
    {
        int mark = _marked.Count;
        _depth++;
        int end = Run(code, position, requiredEnd);
        _depth--;
        if (end >= 0 || requiredEnd >= 0)
        {
            // Some of these splits belong to the match, or failed only because of the required end.
            Unmark(mark);
        }

        if (_depth == 0)
        {
            _marked.Clear();
        }

        return end;
    }

    private bool Look(LookNode look, int code, int position)
    {
        if (!look.Behind)
        {
            return RunInside(code, position, requiredEnd: -1) >= 0;
        }

        int start = position;
        for (int width = 0; width <= look.Body.MaxWidth; width++)
        {
            if (width >= look.Body.MinWidth && RunInside(code, start, requiredEnd: position) >= 0)
            {
                return true;
            }

            if (start == 0)
            {
                return false;
            }

            Utf8.DecodeBefore(_text, start, out int size);
            start -= size;
        }

        return false;
    }

    private bool Mark(int split, int position)
    {
        ref ulong word = ref _failed[(position * _words) + (split >> 6)];
        ulong bit = 1UL << (split & 63);
        if ((word & bit) != 0)
        {
            return false;
        }

        word |= bit;
        if (_depth > 0)
        {
            _marked.Add((position, split));
        }

        return true;
    }

    private readonly void Unmark(int from)
    {
        for (int i = _marked.Count - 1; i >= from; i--)
        {
            (int position, int split) = _marked[i];
            _failed[(position * _words) + (split >> 6)] &= ~(1UL << (split & 63));
        }

        _marked.RemoveRange(from, _marked.Count - from);
    }

    private readonly void Restore()
    {
        (int code, int value) = _stack[^1];
        _bounds[-1 - code] = value;
        _stack.RemoveAt(_stack.Count - 1);
    }

    private readonly bool TakeAgain(int group, ref int position)
    {
        int start = _bounds[2 * group];
        int end = _bounds[(2 * group) + 1];
        if (start < 0 || end < start || !_text[position..].StartsWith(_text[start..end]))
        {
            return false;
        }

        position += end - start;
        return true;
    }

    private readonly bool IsAnchor(AnchorKind kind, int position) => kind switch
    {
        AnchorKind.TextStart => position == 0,
        AnchorKind.TextEnd => position == _text.Length,
        AnchorKind.TextEndOrLastLine => position == _text.Length || (position == _text.Length - 1 && _text[position] == '\n'),
        AnchorKind.LineStart => position == 0 || _text[position - 1] == '\n',
        AnchorKind.LineEnd => position == _text.Length || _text[position] == '\n',
        AnchorKind.WordBoundary => IsWordBefore(position) != IsWordAt(position),
        _ => IsWordBefore(position) == IsWordAt(position),
    };

    private readonly bool IsWordBefore(int position) => position > 0 && IsWord(Utf8.DecodeBefore(_text, position, out _));

    private readonly bool IsWordAt(int position) => position < _text.Length && IsWord(Utf8.Decode(_text, position, out _));

    private static bool IsWord(int codePoint) => (CharacterClasses.Of(codePoint) & CharacterClass.Word) != 0 && codePoint is not (0x200C or 0x200D);
}
