using Attune.Formats;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Tensors.Backends;
using Attune.Testing;

namespace Attune.Models.Tests;

/// <summary>An encoder or a decoder with a head of the reference values, loaded on a backend.</summary>
internal sealed class GoldenHead : GoldenCase
{
    /// <summary>Families in which the numbers of a padding position cannot be had by attention over borders: biases count from the end of the keys, or rows see no key.</summary>
    private static readonly string[] WithoutPaddingPositions = ["mpnet", "deberta-v2", "modernbert"];

    private readonly ModelConfig _config;

    private GoldenHead(string folder, IBackend backend, ModelConfig config, Network model)
        : base(folder, backend, model)
    {
        _config = config;
        Model = model;
        Head = Path.GetFileName(folder);
        Batch = PaddedBatch.Read(Io, string.Empty);
    }

    public Network Model { get; }

    /// <summary>What the case is called: <c>mlm</c>, <c>seqcls</c> ...</summary>
    public string Head { get; }

    public PaddedBatch Batch { get; }

    /// <summary>Whether loss and gradients of the case depend on padding positions that no ragged batch has.</summary>
    public bool NeedsPadding => Head == "qa" && WithoutPaddingPositions.Contains(_config.ModelType);

    public static GoldenHead Open(string name, string backendName, bool training = false, DType compute = DType.F32, string? problem = null)
    {
        string folder = Goldens.Require(["families", .. name.Split('/')]);
        ModelConfig config = ModelConfig.Load(Path.Combine(folder, "config.json"));
        Assert.SkipUnless(
            KnownModels.Encoders.Any(family => family.ModelType == config.ModelType) || KnownModels.CausalLm.Any(family => family.ModelType == config.ModelType),
            $"the family {config.ModelType} is not built yet");
        ModelHead? head = KnownHeads.For(config);
        Assert.SkipWhen(head is null, $"the head of {string.Join(", ", config.Architectures)} is not built yet");
        IBackend backend = TestBackends.Create(backendName);
        LoadedHead loaded = ModelFolder.LoadHead(
            new Device(backend), folder, head, Options(training, compute), config => problem is null ? config : config.With("problem_type", problem));
        Assert.Empty(loaded.FreshWeights);
        return new GoldenHead(folder, backend, config, loaded.Model);
    }

    /// <summary>Collects the gradients of the case's own loss and gives it.</summary>
    public override double Backward(bool recompute)
    {
        using StepScope scope = Device.Scope();
        (Tensor sum, int targets) = Loss(new ForwardPass(Head == "qa" && !NeedsPadding ? WholeRows() : Batch.ToDevice(Device)) { Recompute = recompute });
        Device.Tape.Backward(sum, 1.0 / targets);
        return sum.Item() / targets;
    }

    /// <summary>The same for one of the other losses of a classifier.</summary>
    public double Backward(string targetName)
    {
        using StepScope scope = Device.Scope();
        (Tensor sum, int targets) = ((SequenceClassificationModel)Model).SumLosses(new ForwardPass(Batch.ToDevice(Device)), Io.ReadFloat32(targetName));
        Device.Tape.Backward(sum, 1.0 / targets);
        return sum.Item() / targets;
    }

    private (Tensor Sum, int Targets) Loss(in ForwardPass pass) => Model switch
    {
        MaskedLmModel model => model.SumLosses(pass, Batch.Select(Io.ReadInts("labels"))),
        TokenClassificationModel model => model.SumLosses(pass, Batch.Select(Io.ReadInts("labels"))),
        ReplacedTokenModel model => model.SumLosses(pass, [.. Batch.Select(Io.ReadInts("labels")).Select(label => (float)label)]),
        SequenceClassificationModel { Problem: ProblemType.Regression } model => model.SumLosses(pass, Io.ReadFloat32("labels")),
        SequenceClassificationModel model => model.SumLosses(pass, Io.ReadInts("labels")),
        MultipleChoiceModel model => model.SumLosses(pass, [.. Io.ReadInts("labels").Select(_ => (int)Io.Info("input_ids").Shape[1])], Io.ReadInts("labels")),
        QuestionAnsweringModel model => model.SumLosses(pass, Io.ReadInts("start_positions"), Io.ReadInts("end_positions")),
        _ => throw new NotSupportedException(Model.GetType().Name),
    };

    /// <summary>The padded batch as it is: padding tokens ask, but nobody looks at them. The reference's loss for question answering takes their logits in.</summary>
    private TokenBatch WholeRows()
    {
        int[] ids = Io.ReadInts("input_ids");
        int columns = (int)Io.Info("input_ids").Shape[-1];
        int rows = ids.Length / columns;
        int[] mask = Io.ReadInts("attention_mask");

        // Where positions count from behind the padding id, those of padding tokens are that id.
        bool countsTokens = _config.ModelType is "roberta" or "xlm-roberta";
        int[] positions = [.. Enumerable.Range(0, ids.Length).Select(i => countsTokens && mask[i] == 0 ? -1 : i % columns)];
        int[] starts = [.. Enumerable.Range(0, rows + 1).Select(row => row * columns)];
        int[] lengths = [.. Enumerable.Range(0, rows).Select(row => mask.AsSpan(row * columns, columns).Count(1))];
        var layout = new AttentionLayout(Device.From(starts, [rows + 1]), Device.From(starts.AsSpan(0, rows), [rows]), Device.From(lengths, [rows]));
        return new TokenBatch(Device.From(ids, [ids.Length]), Device.From(positions, [ids.Length]), layout, columns - 1)
        {
            TokenTypes = Io.Contains("token_type_ids") ? Device.From(Io.ReadInts("token_type_ids"), [ids.Length]) : null,
        };
    }
}
