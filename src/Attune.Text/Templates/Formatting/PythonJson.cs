using System.Buffers;
using System.Globalization;
using System.Text;
using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Writes values as Python's <c>json.dumps</c> does.</summary>
internal sealed class PythonJson(Interpreter run, StringBuilder text, bool asciiOnly, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (char)i), '"', '\\']);

    public void Write(Value value) => Write(value, 0);

    private void Write(Value value, int depth)
    {
        switch (value)
        {
            case StringValue s:
                WriteString(s.Text);
                break;
            case SequenceValue sequence:
                WriteItems('[', ']', sequence.Elements, depth, item => Write(item, depth + 1));
                break;
            case DictValue dict:
                WriteItems('{', '}', Entries(dict), depth, entry =>
                {
                    WriteString(entry.Key);
                    Append(keySeparator);
                    Write(entry.Value, depth + 1);
                });
                break;
            default:
                Append(Scalar(value) ?? throw (value is UndefinedValue undefined ? undefined.Fault() : new TemplateFault($"a value of type '{value.TypeName}' cannot be written as JSON")));
                break;
        }
    }

    private static string? Scalar(Value value) => value switch
    {
        NoneValue => "null",
        BoolValue b => b.IsTrue ? "true" : "false",
        FloatValue { Value: var number } when !double.IsFinite(number) => double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity",
        IntValue or FloatValue => value.ToString(),
        _ => null,
    };

    private IEnumerable<KeyValuePair<string, Value>> Entries(DictValue dict)
    {
        IEnumerable<KeyValuePair<Value, Value>> entries = sortKeys
            ? SortingFilters.StableSort(run, [.. dict.Entries.Keys], key => key, reverse: false).Select(key => KeyValuePair.Create(key, dict.Entries[key]))
            : dict.Entries;
        return entries.Select(entry => KeyValuePair.Create(
            (entry.Key as StringValue)?.Text ?? Scalar(entry.Key) ?? throw new TemplateFault($"a value of type '{entry.Key.TypeName}' cannot be a key in JSON"), entry.Value));
    }

    private void WriteItems<T>(char open, char close, IEnumerable<T> items, int depth, Action<T> write)
    {
        text.Append(open);
        bool first = true;
        foreach (T item in items)
        {
            Append(first ? "" : itemSeparator);
            NewLine(depth + 1);
            write(item);
            first = false;
        }

        if (!first)
        {
            NewLine(depth);
        }

        text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (indent is null)
        {
            return;
        }

        Append("\n");
        for (int i = 0; i < depth; i++)
        {
            Append(indent);
        }
    }

    private void Append(string part)
    {
        run.CheckLength((long)text.Length + part.Length);
        text.Append(part);
    }

    private void WriteString(string value)
    {
        run.CheckLength((long)text.Length + value.Length + 2);
        text.Append('"');
        if (!asciiOnly && !value.AsSpan().ContainsAny(Escaped))
        {
            text.Append(value);
        }
        else
        {
            foreach (char c in value)
            {
                WriteCharacter(c);
            }
        }

        text.Append('"');
    }

    private void WriteCharacter(char c) => _ = c switch
    {
        '"' => text.Append("\\\""),
        '\\' => text.Append("\\\\"),
        '\n' => text.Append("\\n"),
        '\r' => text.Append("\\r"),
        '\t' => text.Append("\\t"),
        '\b' => text.Append("\\b"),
        '\f' => text.Append("\\f"),
        _ when c < ' ' || (asciiOnly && c > '~') => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => text.Append(c),
    };
}
