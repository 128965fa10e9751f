namespace Attune.Nn;

/// <summary>A part of a model with named children and parameters. Names are those of the model's files, joined by dots.</summary>
public abstract class Module
{
    private readonly List<Module> _children = [];
    private readonly List<Parameter> _parameters = [];

    /// <summary>Makes a module with its full name; the root has none.</summary>
    protected Module(string name) => Name = name;

    /// <summary>Full name, such as <c>model.layers.0.self_attn.q_proj</c>; empty for the root.</summary>
    public string Name { get; }

    /// <summary>This module and all below it, parents first, in the order in which they were made.</summary>
    public IEnumerable<Module> Modules()
    {
        yield return this;
        foreach (Module child in _children)
        {
            foreach (Module module in child.Modules())
            {
                yield return module;
            }
        }
    }

    /// <summary>All parameters of this module and those below it; one that is used twice (tied weights) comes once, under its first name.</summary>
    public IEnumerable<Parameter> Parameters() => Modules().SelectMany(module => module._parameters).Distinct();

    /// <summary>Makes a module a child of this one.</summary>
    protected T Add<T>(T child)
        where T : Module
    {
        _children.Add(child);
        return child;
    }

    /// <summary>Makes a module a child of this one if there is one.</summary>
    protected T? AddIfAny<T>(T? child)
        where T : Module => child is null ? null : Add(child);

    /// <summary>Makes a parameter one of this module's own.</summary>
    protected void Own(Parameter? parameter)
    {
        if (parameter is not null)
        {
            _parameters.Add(parameter);
        }
    }

    /// <summary>Replaces one of this module's own parameters: an adapter puts a trained copy in place of a frozen weight, and takes it away again.</summary>
    protected void Replace(Parameter old, Parameter replacement) => _parameters[_parameters.IndexOf(old)] = replacement;
}
