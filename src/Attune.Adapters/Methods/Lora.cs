using System.Text.Json.Nodes;
using Attune.Formats;
using Attune.Nn;
using Attune.Tensors;

namespace Attune.Adapters.Methods;

/// <summary>LoRA (Hu et al. 2021): the frozen weight W of a layer becomes W + s B A with a trained A [r, in] and B [out, r].</summary>
public sealed class Lora : Adapter
{
    /// <summary>What PEFT writes before the names of a model's own modules.</summary>
    private const string Prefix = "base_model.model.";

    private readonly List<LoraLayer> _layers = [];
    private readonly List<SavedModule> _saved = [];
    private readonly List<Parameter> _biases = [];
    private readonly List<Parameter> _trainable = [];
    private bool _isEnabled;

    private Lora(Network model, LoraOptions options, Func<string, Shape, Tensor> create)
        : base(model)
    {
        Options = options;
        IReadOnlyList<Module> selected = ModuleSelector.Select(
            model, options.TargetModules ?? new TargetSpec(model.DefaultLoraTargets), options.ExcludeModules, options.LayersToTransform, options.LayersPattern);
        foreach (Module module in selected)
        {
            LoraLayer layer = CreateLayer(module, create);
            _layers.Add(layer);
            _trainable.AddRange(layer.Parameters);
        }

        TrainBiases(selected);
        SaveModules();
        IsEnabled = true;
    }

    /// <summary>The method's settings.</summary>
    public LoraOptions Options { get; }

    /// <inheritdoc/>
    public override string Method => "lora";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Trainable => _trainable;

    /// <inheritdoc/>
    public override long AddedParameters => _trainable.Except(_biases).Sum(parameter => parameter.Count);

    /// <inheritdoc/>
    public override bool IsEnabled
    {
        get => _isEnabled;
        set
        {
            if (value == _isEnabled)
            {
                return;
            }

            _isEnabled = value;
            foreach (LoraLayer layer in _layers)
            {
                (value ? (Action)layer.Attach : layer.Detach)();
            }

            foreach (SavedModule module in _saved)
            {
                module.Exchange();
            }
        }
    }

    /// <summary>Starts a new adapter: A at random by the seed, B at zero, so that the model's outputs are those of the base.</summary>
    /// <exception cref="AdapterException">The settings do not fit the model.</exception>
    public static Lora Create(Network model, LoraOptions options, ulong seed)
    {
        Validate(options);
        return new Lora(model, options, (name, shape) => Initialise(model.Device, options, name, shape, seed));
    }

    /// <summary>Opens an adapter from its tensors under PEFT's names.</summary>
    /// <exception cref="AdapterException">Tensors are missing, unexpected or of the wrong shape; all of them are named.</exception>
    public static Lora Open(Network model, LoraOptions options, ITensorSource tensors)
    {
        Validate(options);
        var reader = new AdapterTensors(tensors);
        var adapter = new Lora(model, options, (name, shape) => reader.Read(model.Device, name, shape));
        try
        {
            foreach (Parameter parameter in adapter._biases.Concat(adapter._saved.SelectMany(module => module.Parameters)))
            {
                reader.ReadInto(parameter.Value!, adapter.FileName(parameter));
            }

            reader.Finish();
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override JsonObject ToConfig() => LoraConfigFile.Write(
        Options, SavedTargets(), fanInFanOut: _layers.Any(layer => layer.Layer is Linear { Weight.IsInputMajor: true }));

    /// <inheritdoc/>
    public override void Merge()
    {
        foreach (LoraLayer layer in _layers)
        {
            layer.Detach();
            layer.Merge();
        }
    }

    /// <inheritdoc/>
    public override void Unmerge()
    {
        foreach (LoraLayer layer in _layers)
        {
            layer.Unmerge();
            layer.Attach();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        IsEnabled = false;
        foreach (Parameter parameter in _layers.SelectMany(layer => layer.Parameters))
        {
            Model.Device.Release(parameter.Value!);
        }

        foreach (SavedModule module in _saved)
        {
            module.Release(Model.Device);
        }

        _layers.Clear();
        _saved.Clear();
    }

    /// <inheritdoc/>
    /// <remarks>The bias of an adapted layer moves below <c>base_layer</c>.</remarks>
    public override string FileName(Parameter parameter)
    {
        if (!_biases.Contains(parameter))
        {
            return parameter.Name;
        }

        int dot = parameter.Name.LastIndexOf('.');
        string module = parameter.Name[..dot];
        return _layers.Any(layer => layer.Layer.Name == module) ? $"{Prefix}{module}.base_layer{parameter.Name[dot..]}" : Prefix + parameter.Name;
    }

    private static void Validate(LoraOptions options)
    {
        if (options.R < 1 || options.RankPattern.Any(pair => pair.Value < 1))
        {
            throw new AdapterException($"r: a rank is 1 or more, found {Math.Min(options.R, options.RankPattern.Select(pair => pair.Value).DefaultIfEmpty(options.R).Min())}");
        }

        if (options.LoraDropout is < 0 or >= 1)
        {
            throw new AdapterException($"lora_dropout: expected a probability in [0, 1), found {options.LoraDropout}");
        }

        if (options.Bias is not ("none" or "all" or "lora_only"))
        {
            throw new AdapterException($"bias: expected none, all or lora_only, found '{options.Bias}'");
        }

        if (options.InitLoraWeights is not ("true" or "gaussian"))
        {
            throw new AdapterException($"init_lora_weights: expected true or gaussian, found '{options.InitLoraWeights}'");
        }
    }

    private static Tensor Initialise(Device device, LoraOptions options, string name, in Shape shape, ulong seed)
    {
        Tensor tensor = device.Persistent(shape, DType.F32);
        var values = new float[shape.Count];
        bool embedding = name.Contains("lora_embedding", StringComparison.Ordinal);

        // Of a linear layer A starts at random and B at zero; of an embedding it is the other way round, as in PEFT.
        bool random = embedding ? name.EndsWith("_B", StringComparison.Ordinal) : name.EndsWith("lora_A.weight", StringComparison.Ordinal);
        if (random && (embedding || options.InitLoraWeights == "gaussian"))
        {
            Initialisers.Normal(values, embedding ? 1 : 1.0 / shape[0], seed, name);
        }
        else if (random)
        {
            Initialisers.Uniform(values, 1 / Math.Sqrt(shape[1]), seed, name);
        }

        tensor.CopyFrom<float>(values);
        return tensor;
    }

    /// <summary>The factor s of a module's update.</summary>
    internal double ScalingOf(string module)
    {
        int rank = RankOf(module);
        double alpha = ModuleSelector.Lookup(Options.AlphaPattern, module, Options.LoraAlpha);
        return Options.UseRslora ? alpha / Math.Sqrt(rank) : alpha / rank;
    }

    private int RankOf(string module) => ModuleSelector.Lookup(Options.RankPattern, module, Options.R);

    private LoraLayer CreateLayer(Module module, Func<string, Shape, Tensor> create)
    {
        int rank = RankOf(module.Name);
        double scaling = ScalingOf(module.Name);
        Parameter Make(string suffix, Shape shape)
        {
            string name = $"{Prefix}{module.Name}.{suffix}";
            Tensor value = create(name, shape);
            value.RequiresGrad = true;
            return new Parameter(name, value);
        }

        if (module is Linear linear)
        {
            Parameter a = Make("lora_A.weight", [rank, linear.InFeatures]);
            Parameter b = Make("lora_B.weight", [linear.OutFeatures, rank]);
            return new LoraLinear(linear, a, b, Options.LoraBias ? Make("lora_B.bias", [linear.OutFeatures]) : null, scaling, Options.LoraDropout);
        }

        var table = (Embedding)module;
        Parameter embeddingA = Make("lora_embedding_A", [rank, table.Table.Shape[0]]);
        return new LoraEmbedding(table, embeddingA, Make("lora_embedding_B", [table.Table.Shape[1], rank]), scaling);
    }

    private void TrainBiases(IReadOnlyList<Module> selected)
    {
        if (Options.Bias == "none")
        {
            return;
        }

        foreach (Parameter parameter in Model.Parameters())
        {
            int dot = parameter.Name.LastIndexOf('.');
            bool wanted = parameter.Name[(dot + 1)..] == "bias" && (Options.Bias == "all" || selected.Any(module => module.Name == parameter.Name[..dot]));
            if (wanted && parameter.Value is { } value)
            {
                value.RequiresGrad = true;
                _biases.Add(parameter);
                _trainable.Add(parameter);
            }
        }
    }

    private void SaveModules()
    {
        IReadOnlyList<string> names = Options.ModulesToSave ?? [];
        foreach (string name in names)
        {
            Module[] modules = SavedUnder(name);

            // PEFT names both of them for every classifier, whichever the model has.
            bool isOther = name is "classifier" or "score" && names.Any(other => other != name && other is "classifier" or "score" && SavedUnder(other).Length > 0);
            if (modules.Length == 0 && !isOther)
            {
                throw new AdapterException($"modules_to_save: no module of the model is named '{name}'");
            }

            foreach (Module module in modules)
            {
                SavedModule saved = SavedModule.Of(module, Prefix, Model.Device, Persist);
                _saved.Add(saved);
                _trainable.AddRange(saved.Parameters);
            }
        }
    }

    /// <summary>The modules of a name, or else the layers below it: a head of several layers has no module of its own.</summary>
    private Module[] SavedUnder(string name)
    {
        Module[] exact = [.. Model.Modules().Where(module => module.Name == name || module.Name.EndsWith("." + name, StringComparison.Ordinal))];
        return exact.Length > 0 ? exact : [.. Model.Modules().Where(module => module is Linear or Embedding && $".{module.Name}".Contains($".{name}.", StringComparison.Ordinal))];
    }

    private TargetSpec SavedTargets()
    {
        TargetSpec spec = Options.TargetModules ?? new TargetSpec(Model.DefaultLoraTargets);
        return spec.Pattern == ModuleSelector.AllLinear
            ? new TargetSpec([.. _layers.Select(layer => layer.Layer.Name)])
            : spec;
    }
}
