using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>The variable <c>loop</c>: where a loop is and what it has seen. It looks one item ahead, and reads all items when their number is asked for.</summary>
internal sealed class LoopValue(IEnumerable<Value> items, int depth, Func<Value, StringValue>? recurse) : Value
{
    private static readonly MethodTable Methods = new(
        new Builtin("cycle", "*", static a => ((LoopValue)a.Self!).Cycle(a.More)),
        new Builtin("changed", "*", static a => ((LoopValue)a.Self!).Changed(a.More)));

    private readonly IEnumerator<Value> _source = items.GetEnumerator();
    private readonly Queue<Value> _ahead = new();
    private Value? _previous;
    private Value? _current;
    private TupleValue? _lastChecked;
    private int _index = -1;

    public override string TypeName => "LoopContext";

    public override bool IsCallable => recurse is not null;

    public override int? Count
    {
        get
        {
            while (ReadAhead())
            {
            }

            return _index + 1 + _ahead.Count;
        }
    }

    /// <summary>Gives the items one by one and keeps the place.</summary>
    public IEnumerable<Value> Visit()
    {
        while (_ahead.Count > 0 || ReadAhead())
        {
            _previous = _current;
            _current = _ahead.Dequeue();
            _index++;
            if (_ahead.Count == 0)
            {
                ReadAhead();
            }

            yield return _current;
        }
    }

    public override Value? Attribute(string name) => name switch
    {
        "index" => IntValue.Of(_index + 1),
        "index0" => IntValue.Of(_index),
        "revindex" => IntValue.Of(Count!.Value - _index),
        "revindex0" => IntValue.Of(Count!.Value - _index - 1),
        "first" => BoolValue.Of(_index == 0),
        "last" => BoolValue.Of(_ahead.Count == 0),
        "length" => IntValue.Of(Count!.Value),
        "depth" => IntValue.Of(depth + 1),
        "depth0" => IntValue.Of(depth),
        "previtem" => _previous ?? new UndefinedValue("there is no previous item"),
        "nextitem" => _ahead.TryPeek(out Value? next) ? next : new UndefinedValue("there is no next item"),
        _ => Methods.Find(this, name),
    };

    public override Value Call(Interpreter run, CallArguments arguments) =>
        recurse is null ? throw new TemplateFault("only the loop of a 'for ... recursive' can be called")
        : arguments is { Values: [Value inner], Named.Count: 0 } ? recurse(inner)
        : throw new TemplateFault("loop(...) takes one value, the items to visit");

    public override void PrintRepr(ValuePrinter printer) => printer.Append($"<LoopContext {_index + 1}/{Count}>");

    private bool ReadAhead()
    {
        bool found = _source.MoveNext();
        if (found)
        {
            _ahead.Enqueue(_source.Current);
        }

        return found;
    }

    private Value Cycle(Value[] values) => values.Length > 0 ? values[_index % values.Length] : throw new TemplateFault("loop.cycle needs at least one value");

    private BoolValue Changed(Value[] values)
    {
        var now = new TupleValue(values);
        bool changed = _lastChecked is null || !_lastChecked.Equals(now);
        _lastChecked = now;
        return BoolValue.Of(changed);
    }
}
