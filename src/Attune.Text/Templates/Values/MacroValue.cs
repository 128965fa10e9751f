using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Statements;

namespace Attune.Text.Templates.Values;

/// <summary>A macro with the variables that it sees where it was defined.</summary>
internal sealed class MacroValue(MacroDefinition definition, Scope scope) : Value
{
    public override string TypeName => "Macro";

    public override bool IsCallable => true;

    public override Value? Attribute(string name) => name switch
    {
        "name" => new StringValue(definition.Name),
        "arguments" => new TupleValue([.. definition.Parameters.Select(parameter => new StringValue(parameter.Name))]),
        "caller" => BoolValue.Of(definition.Uses.Contains("caller")),
        "catch_varargs" => BoolValue.Of(definition.Uses.Contains("varargs")),
        "catch_kwargs" => BoolValue.Of(definition.Uses.Contains("kwargs")),
        _ => null,
    };

    public override Value Call(Interpreter run, CallArguments arguments)
    {
        run.Enter();
        Scope outer = run.Scope;
        var inner = new Scope(scope);
        run.Scope = inner;
        Bind(run, arguments, inner);
        StringValue text = run.Capture(definition.Body, inner, out _);
        run.Scope = outer;
        run.Leave();
        return text;
    }

    public override void PrintRepr(ValuePrinter printer) => printer.Append($"<Macro '{definition.Name}'>");

    private void Bind(Interpreter run, CallArguments arguments, Scope inner)
    {
        (string Name, Expression? Default)[] parameters = definition.Parameters;
        var named = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
        foreach ((string name, Value value) in arguments.Named)
        {
            named[name] = value;
        }

        // Defaults may mention the parameters before them, so each is bound as soon as it is known.
        for (int i = 0; i < parameters.Length; i++)
        {
            string name = parameters[i].Name;
            bool isNamed = named.Remove(name, out Value? value);
            if (i < arguments.Values.Length)
            {
                value = isNamed ? throw new TemplateFault($"macro '{definition.Name}' got '{name}' twice") : arguments.Values[i];
            }

            inner.Set(name, value ?? parameters[i].Default?.Evaluate(run) ?? new UndefinedValue($"the macro's parameter '{name}' was not given"));
        }

        if (definition.Uses.Contains("caller") && !parameters.Any(parameter => parameter.Name == "caller"))
        {
            inner.Set("caller", named.Remove("caller", out Value? caller) ? caller : new UndefinedValue("the macro was not called by a call block"));
        }

        Value[] more = arguments.Values.Length > parameters.Length ? arguments.Values[parameters.Length..] : [];
        BindRest(more, named, inner);
    }

    private void BindRest(Value[] more, OrderedDictionary<string, Value> named, Scope inner)
    {
        if (definition.Uses.Contains("varargs"))
        {
            inner.Set("varargs", new TupleValue(more));
        }
        else if (more.Length > 0)
        {
            throw new TemplateFault($"macro '{definition.Name}' takes at most {definition.Parameters.Length} values, found {definition.Parameters.Length + more.Length}");
        }

        if (definition.Uses.Contains("kwargs"))
        {
            var entries = new OrderedDictionary<Value, Value>();
            foreach ((string name, Value value) in named)
            {
                entries[new StringValue(name)] = value;
            }

            inner.Set("kwargs", new DictValue(entries));
        }
        else if (named.Count > 0)
        {
            throw new TemplateFault($"macro '{definition.Name}' has no parameter '{named.GetAt(0).Key}'");
        }
    }
}
