using System.Buffers;
using Attune.Tensors;
using Attune.Tensors.Backends;

namespace Attune.Nn;

/// <summary>
/// Makes layers from weights that are walked like folders: <c>weights.At("model").At("layers.0")</c>. Missing and mis-shaped weights are collected and reported
/// together with those that no layer asked for.
/// </summary>
public sealed class WeightBuilder
{
    private const int ChunkElements = 1 << 18;
    private const int MostProblems = 1000;

    private readonly Session _session;
    private readonly string _prefix;

    /// <summary>Starts at the root of a model's weights.</summary>
    public WeightBuilder(Device device, IWeightReader reader, WeightOptions options)
        : this(new Session(device, reader, options), string.Empty)
    {
    }

    private WeightBuilder(Session session, string prefix)
    {
        _session = session;
        _prefix = prefix;
    }

    /// <summary>The device that holds the weights.</summary>
    public Device Device => _session.Device;

    /// <summary>How weights are held.</summary>
    public WeightOptions Options => _session.Options;

    /// <summary>Full name of the place, without a dot at its end.</summary>
    public string Path => _prefix.TrimEnd('.');

    /// <summary>The place below this one with a name.</summary>
    public WeightBuilder At(string name) => new(_session, $"{_prefix}{name}.");

    /// <summary>The place below this one with a name that older files leave out of all names: layers are named with it, weights are found without it.</summary>
    public WeightBuilder AtOptional(string name)
    {
        string prefix = $"{_prefix}{name}.";
        if (_session.Reader.Names.Count > 0 && !_session.Reader.Names.Any(full => full.StartsWith(prefix, StringComparison.Ordinal)))
        {
            _session.OmittedPrefix = prefix;
        }

        return At(name);
    }

    /// <summary>Says that the model's own output layer is not used: <see cref="Head(string, Embedding, bool, bool)"/> then asks the files for nothing.</summary>
    public void OmitHead() => _session.IsHeadless = true;

    /// <summary>A linear layer with the weight <c>name.weight</c> and, if asked for, <c>name.bias</c>.</summary>
    /// <param name="name">Name at this place.</param>
    /// <param name="inFeatures">Columns of the weight.</param>
    /// <param name="outFeatures">Rows of the weight.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="inputMajor">Whether files hold the weight as [in, out] (GPT-2's Conv1D) instead of [out, in].</param>
    public Linear Linear(string name, int inFeatures, int outFeatures, bool bias, bool inputMajor = false) =>
        Linear(name, inFeatures, outFeatures, bias, inputMajor, isHead: false);

    private Linear Linear(string name, int inFeatures, int outFeatures, bool bias, bool inputMajor, bool isHead)
    {
        string full = _prefix + name;
        ILinearWeight? weight = inputMajor ? null : TryBlocks($"{full}.weight", [outFeatures, inFeatures], Options.Int8Activations && !isHead);
        if (weight is null)
        {
            Tensor values = Read($"{full}.weight", inputMajor ? [inFeatures, outFeatures] : [outFeatures, inFeatures]);
            weight = new DenseWeight(values, Options.Compute, Options.IsTrainable($"{full}.weight"), Options.Training, inputMajor: inputMajor, in8Bit: Options.LoadIn8Bit && !isHead);
        }

        return new Linear(full, weight, bias ? Vector($"{name}.bias", outFeatures) : null);
    }

    /// <summary>The output layer [V, C] of a model: of its own, or the table of the embedding, a copy of which may be in the files.</summary>
    public Linear Head(string name, Embedding embedding, bool tied, bool bias = false)
    {
        if (_session.IsHeadless)
        {
            Ignore($"{name}.weight");
            Ignore($"{name}.bias");
            return Tied(name, embedding);
        }

        if (!tied)
        {
            return Linear(name, (int)embedding.Table.Shape[1], (int)embedding.Table.Shape[0], bias, inputMajor: false, isHead: true);
        }

        Ignore($"{name}.weight");
        return Tied(name, embedding, bias);
    }

    /// <summary>A linear layer whose weight is the table of an embedding, with the bias <c>name.bias</c> if asked for.</summary>
    public Linear Tied(string name, Embedding embedding, bool bias = false)
    {
        Tensor table = embedding.Table.Value!;
        ILinearWeight weight = (ILinearWeight?)TryBlocks(embedding.Table.Name, table.Shape, roundsRows: false)
            ?? new DenseWeight(table, Options.Compute, table.RequiresGrad, Options.Training, keepValues: true);
        return new Linear(_prefix + name, weight, bias ? Vector($"{name}.bias", weight.OutFeatures) : null, tied: embedding.Table);
    }

    /// <summary>
    /// A table [rows, columns] with the weight <c>name.weight</c>; held in the precision of products unless it is trained. Its rows start the residual stream, which is
    /// always single precision: in bf16 the sum over many blocks would lose what each adds.
    /// </summary>
    public Embedding Embedding(string name, long rows, int columns, int paddingIndex = -1)
    {
        string full = _prefix + name;
        Tensor values = Read($"{full}.weight", [rows, columns]);
        bool trainable = Options.IsTrainable($"{full}.weight");
        if (!trainable && Options.Compute != DType.F32)
        {
            Tensor narrow = Device.Persistent(values.Shape, Options.Compute);
            Device.Backend.Copy(values, narrow);
            Device.Release(values);
            values = narrow;
        }

        values.RequiresGrad = trainable;
        return new Embedding(full, new Parameter($"{full}.weight", values), DType.F32, paddingIndex);
    }

    /// <summary>A root-mean-square normalisation with the scale <c>name.weight</c>, to which <paramref name="offset"/> is added.</summary>
    public RmsNorm RmsNorm(string name, int size, double epsilon, double offset = 0)
    {
        _session.Reader.SetInitial($"{_prefix}{name}.weight", (float)(1 - offset));
        return new RmsNorm(_prefix + name, Vector($"{name}.weight", size), epsilon, Options.Compute, offset);
    }

    /// <summary>A layer normalisation with the scale <c>name.weight</c> and, unless told otherwise, the shift <c>name.bias</c>.</summary>
    /// <param name="name">Name at this place.</param>
    /// <param name="size">C.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="bias">Whether there is a shift.</param>
    /// <param name="dtype">Element type of the results; that of products when null. F32 for a norm whose results are the residual stream.</param>
    public LayerNorm LayerNorm(string name, int size, double epsilon, bool bias = true, DType? dtype = null) =>
        new(_prefix + name, size, Vector($"{name}.weight", size), bias ? Vector($"{name}.bias", size) : null, epsilon, dtype ?? Options.Compute);

    /// <summary>The output layer [V, C] of a model whose bias, if it has one, lies elsewhere in the files.</summary>
    public Linear Head(string name, Embedding embedding, bool tied, Parameter? bias)
    {
        Linear layer = Head(name, embedding, tied);
        return bias is null ? layer : new Linear(layer.Name, layer.Weight, bias, tied ? embedding.Table : null);
    }

    /// <summary>Whether there is a weight of a name, whatever its shape.</summary>
    public bool Has(string name) => _session.Reader.TryGetShape(_session.InFiles(_prefix + name), default, out _);

    /// <summary>A vector, held in single precision.</summary>
    public Parameter Vector(string name, int size) => Array(name, [size]);

    /// <summary>A weight of any shape, held in single precision.</summary>
    public Parameter Array(string name, in Shape shape)
    {
        string full = _prefix + name;
        Tensor values = Read(full, shape);
        values.RequiresGrad = Options.IsTrainable(full);
        return new Parameter(full, values);
    }

    /// <summary>A weight of any shape that is never trained.</summary>
    public Parameter Buffer(string name, in Shape shape) => new(_prefix + name, Read(_prefix + name, shape));

    /// <summary>Says that a weight may be in the files without being used: a copy of a tied one, a table that is computed.</summary>
    public void Ignore(string name) => _session.Used.Add(_session.InFiles(_prefix + name));

    /// <summary>Says that nothing below a place of this one is used: layers that files have for other purposes.</summary>
    public void IgnoreBelow(string name) =>
        _session.Used.UnionWith(_session.Reader.Names.Where(full => full.StartsWith(_session.InFiles($"{_prefix}{name}."), StringComparison.Ordinal)));

    /// <summary>Stops when a weight was not as the configuration says: sizes that no file has witnessed are then not used to make weights.</summary>
    /// <exception cref="WeightException">Weights were missing, of the wrong shape or not finite; all of them are named.</exception>
    public void RequireSound()
    {
        if (_session.Problems.Count > 0)
        {
            throw WeightException.From(_session.Reader.Location, _session.Problems);
        }
    }

    /// <summary>Ends the loading of a model.</summary>
    /// <exception cref="WeightException">Weights were missing, unexpected, of the wrong shape or not finite; all of them are named.</exception>
    public void Finish()
    {
        foreach (string name in _session.Reader.Names)
        {
            if (!_session.Used.Contains(name))
            {
                _session.Problems.Add($"unexpected: {name}");
            }
        }

        RequireSound();
    }

    /// <summary>A weight in the few bits of its file, if it has few and no gradients are wanted: products then read fewer bytes than in the precision of products.</summary>
    private BlockWeight? TryBlocks(string name, in Shape shape, bool roundsRows)
    {
        string full = _session.InFiles(name);
        if (Options.Training || Options.IsTrainable(name) || !_session.Reader.TryGetShape(full, shape, out Shape found) || found != shape
            || _session.Reader.TryOpenBlocks(full) is not { } matrix)
        {
            return null;
        }

        Options.Cancellation.ThrowIfCancellationRequested();
        var blocks = new FiniteBlocks(matrix);
        PackedMatrix? packed = Device.Backend.TryPackBlocks(blocks, Options.Compute, roundsRows);
        if (!blocks.AreFinite)
        {
            _session.Problems.Add($"not finite: {full} holds NaN or infinity");
        }

        _session.Used.Add(full);
        return packed is null ? null : new BlockWeight(Device, packed);
    }

    private Tensor Read(string name, Shape shape)
    {
        string full = _session.InFiles(name);
        _session.Used.Add(full);
        if (!_session.Reader.TryGetShape(full, shape, out Shape found))
        {
            return Placeholder(shape, $"missing: {full} {shape}");
        }

        if (found != shape)
        {
            return Placeholder(shape, $"wrong shape: {full} is {found}, the configuration says {shape}");
        }

        Tensor values = Device.Persistent(shape, DType.F32);
        float[] buffer = ArrayPool<float>.Shared.Rent(ChunkElements);
        bool finite = true;
        for (long done = 0; done < shape.Count; done += ChunkElements)
        {
            Options.Cancellation.ThrowIfCancellationRequested();
            Span<float> piece = buffer.AsSpan(0, (int)Math.Min(ChunkElements, shape.Count - done));
            _session.Reader.Read(full, done, piece);
            finite &= !piece.ContainsAnyExceptInRange(float.MinValue, float.MaxValue);
            Device.Backend.Write(values.Storage, done * sizeof(float), System.Runtime.InteropServices.MemoryMarshal.AsBytes(piece));
        }

        ArrayPool<float>.Shared.Return(buffer);
        if (!finite)
        {
            _session.Problems.Add($"not finite: {full} holds NaN or infinity");
        }

        return values;
    }

    /// <summary>
    /// Stands for a weight that is not there, so that the search for problems goes on. It has one element: the extents come from a configuration that may lie.
    /// </summary>
    private Tensor Placeholder(in Shape shape, string problem)
    {
        _session.Problems.Add(problem);
        if (_session.Problems.Count > MostProblems)
        {
            throw WeightException.From(_session.Reader.Location, _session.Problems);
        }

        Span<long> ones = stackalloc long[shape.Rank];
        ones.Fill(1);
        Tensor placeholder = Device.Persistent(new Shape(ones), DType.F32);
        Device.Backend.Fill(placeholder, 0);
        return placeholder;
    }

    private sealed record Session(Device Device, IWeightReader Reader, WeightOptions Options)
    {
        public HashSet<string> Used { get; } = [];

        public List<string> Problems { get; } = [];

        /// <summary>Whether the output layer is left out.</summary>
        public bool IsHeadless { get; set; }

        /// <summary>What the files leave out of names; null for nothing.</summary>
        public string? OmittedPrefix { get; set; }

        public string InFiles(string name) =>
            OmittedPrefix is { } prefix && name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
    }
}
