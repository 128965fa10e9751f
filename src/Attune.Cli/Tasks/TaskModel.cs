using Attune.Adapters;
using Attune.Cli.Models;
using Attune.Data;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Data.Tokenization;
using Attune.Evaluation.Prediction;
using Attune.Formats;
using Attune.Inference;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Models.Seq2Seq;
using Attune.Nn;
using Attune.Tensors;
using Attune.Training.Objectives;

namespace Attune.Cli.Tasks;

/// <summary>A task on a model: its configuration with the labels, the model with its head, its tokenizer, its objective, its predictions.</summary>
internal sealed class TaskModel
{
    private static readonly string[] MaskTokens = ["[MASK]", "<mask>"];

    private readonly CommandContext _context;
    private readonly TaskKind _kind;
    private readonly ModelFile _file;
    private readonly ModelText _text;
    private readonly SentencePooling _pooling;
    private LabelSet? _labels;

    private TaskModel(CommandContext context, TaskKind kind, ModelFile file, string? adapter)
    {
        _context = context;
        _kind = kind;
        _file = file;
        _text = ModelText.Open(file, null);
        Options = context.Values.Build<TaskOptions>();
        _pooling = SentencePooling.Of(file) ?? SentencePooling.Default;

        Config = ModelSession.ConfigOf(file, adapter);
        bool isTrained = kind.Head is { } head && Config.Architectures.Any(name => name.EndsWith(head.Architecture, StringComparison.Ordinal)) && Config.Has("id2label");
        _labels = Options.Labels.Count > 0 ? new LabelSet(Options.Labels) : isTrained ? new LabelSet(LabelNames.Read(Config)) : null;
    }

    public TaskOptions Options { get; }

    /// <summary>The configuration that names head and labels.</summary>
    public ModelConfig Config { get; private set; }

    /// <summary>Whether the model is to say numbers.</summary>
    public bool IsRegression => _kind.ProblemType == "regression";

    /// <summary>Whether the loss of a row depends on the other rows of its batch.</summary>
    public bool ComparesRows => _kind.Rows is EmbedRows;

    /// <summary>Names of the weights that the model's files lacked.</summary>
    public IReadOnlyList<string> FreshWeights { get; private set; } = [];

    /// <summary>The task of a command line on a model; null when it is next-token prediction.</summary>
    /// <exception cref="DataException">There is no such task.</exception>
    public static TaskModel? Of(CommandContext context, ModelFile file, string? adapter = null)
    {
        TaskOptions options = context.Values.Build<TaskOptions>();
        options.Validate();
        return KnownTasks.Of(options.Task) is { } kind ? new TaskModel(context, kind, file, adapter) : null;
    }

    /// <summary>Reads labelled files.</summary>
    public TaskExamples Read(IReadOnlyList<string> files) => TaskExamples.Read(
        [.. files.SelectMany(DataFile.At)], _context.Values.Build<DataFileOptions>(), _kind.Rows, _context.Values.Build<TaskColumnOptions>(), Options, _context.Cancellation);

    /// <summary>Reads one row without labels.</summary>
    public IEnumerable<TaskExample> Read(DataRow row) => _kind.Rows.Read(row, _context.Values.Build<TaskColumnOptions>(), Options, isLabeled: false);

    /// <summary>Decides which classes there are: those the user names, else the model's if it knows all that were found, else those found.</summary>
    public void Learn(TaskExamples examples)
    {
        if (_kind.Rows.HasLabels)
        {
            _labels = _labels is not null && (Options.Labels.Count > 0 || _labels.Contains(examples.Labels)) ? _labels : LabelSet.Sorted(examples.Labels);
        }
        else if (IsRegression)
        {
            int outputs = examples.Examples.OfType<SequenceExample>().FirstOrDefault()?.Values?.Count ?? 1;
            _labels = _labels?.Names.Count == outputs ? _labels : Unnamed(outputs);
        }
    }

    /// <summary>Loads the model with its head; layers that its files lack start from the seed.</summary>
    /// <exception cref="UsageException">The family has no such head, or nobody named the classes.</exception>
    public Network Load(Device device, WeightOptions weights, ulong seed) => Load(device, _file.Tensors, weights, seed);

    /// <summary>Makes the model with its head from other tensors than its file's.</summary>
    /// <exception cref="UsageException">The family has no such head, or nobody named the classes.</exception>
    public Network Load(Device device, ITensorSource tensors, WeightOptions weights, ulong seed)
    {
        if (_kind.Head is not { } head)
        {
            return Seq2SeqLoader.Load(device, Config, tensors, weights);
        }

        if (_kind.Rows.HasLabels || IsRegression)
        {
            _labels ??= IsRegression ? Unnamed(1) : throw new UsageException($"{_file.Path} is not trained for {_kind.Key}: its config.json names no classes; train it first, give the adapter that was trained, or name the classes with --labels");
            Config = LabelNames.Write(Config, _labels.Names).With("problem_type", _kind.ProblemType);
        }

        head = _kind.Rows is EmbedRows ? SentenceEmbeddingModel.HeadOf(_pooling) : head;
        Config = WithPadding(WithArchitecture(Config, head));
        WeightOptions options = _kind.Rows is EmbedRows ? weights with { IsTrainable = name => !name.StartsWith("pooler.", StringComparison.Ordinal) && weights.IsTrainable(name) } : weights;
        LoadedHead loaded = HeadLoader.Load(device, Config, tensors, head, options, seed);
        FreshWeights = loaded.FreshWeights;
        return loaded.Model;
    }

    /// <summary>Refuses a model whose head nobody trained.</summary>
    /// <exception cref="UsageException">Layers of the head were in no file.</exception>
    public void RequireTrained(Adapter? adapter)
    {
        string[] missing = ModelSession.Untrained(FreshWeights, adapter);
        if (missing.Length > 0)
        {
            throw new UsageException($"{_file.Path} is not trained for {_kind.Key}: it lacks {string.Join(", ", missing)}; train it first, or give the adapter that was trained");
        }
    }

    /// <summary>Tokenises examples for a model.</summary>
    public TaskEncoder Encoder(Network model)
    {
        int most = model switch { HeadModel head => head.Backbone.ContextTokens, Seq2SeqModel seq2seq => seq2seq.ContextTokens, _ => int.MaxValue };
        int? end = _kind.Head is null ? _text.EosTokenIds.Select(id => (int?)id).FirstOrDefault() : null;
        return new TaskEncoder(_text.Tokenizer, Math.Min(_context.Values.Build<TokenizationOptions>().MaxLength, most), Options) { Labels = _labels, EndId = end };
    }

    /// <summary>Tokenises labelled examples.</summary>
    public TaskDataset Encode(TaskExamples examples, Network model) => examples.Encode(Encoder(model), _context.Values.Build<TokenizationOptions>(), _context.Cancellation);

    /// <summary>Tokenises one example; a bad one comes back as its error.</summary>
    public (EncodedExample? Example, DataException? Error) Encode(TaskExample example, TaskEncoder encoder) =>
        TaskExamples.TryEncode(_kind.Rows, example, encoder, _context.Values.Build<TokenizationOptions>());

    /// <summary>What trains a model.</summary>
    public IObjective Objective(Network model) => KnownObjectives.For(
        model, new ObjectiveSettings { MaskId = MaskId, IsSpecial = _text.Tokenizer.IsSpecial, MlmProbability = Options.MlmProbability });

    /// <summary>What an adapter is told of the task: PEFT's name of it, and the new layers, which are trained whole.</summary>
    public (string? TaskType, IReadOnlyList<string> ModulesToSave) AdapterNeeds()
    {
        // PEFT itself adds these names for such tasks, whichever of them the model has.
        string[] usual = _kind.PeftType switch { "SEQ_CLS" or "TOKEN_CLS" => ["classifier", "score"], "QUESTION_ANS" => ["qa_outputs"], _ => [] };
        IEnumerable<string> fresh = FreshWeights.Select(name => name[..name.LastIndexOf('.')]).Distinct();
        return (_kind.PeftType, [.. usual, .. fresh.Where(name => !usual.Any(known => $".{name}.".Contains($".{known}.", StringComparison.Ordinal)))]);
    }

    /// <summary>What asks a model.</summary>
    public TaskPredictor Predictor(Network model)
    {
        PredictionOptions options = _context.Values.Build<PredictionOptions>();
        try
        {
            options.Validate();
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }

        return model switch
        {
            SequenceClassificationModel { Problem: ProblemType.Regression } head => new ValuePredictor(head, options),
            SequenceClassificationModel head => new ClassPredictor(head, options),
            TokenClassificationModel head => new TagPredictor(head, options),
            QuestionAnsweringModel head => new AnswerPredictor(head, options, Options.AllowNoAnswer),
            MultipleChoiceModel head => new ChoicePredictor(head, options),
            SentenceEmbeddingModel head => new VectorPredictor(head, options),
            MaskedLmModel head => new MaskPredictor(head, _text.Tokenizer, MaskId ?? throw new UsageException("the tokenizer has no mask token"), options),
            Seq2SeqModel seq2seq => new WritingPredictor(seq2seq, _text.Tokenizer, Writing(options), options),
            _ => throw new UsageException($"{_kind.Key}: a {model.GetType().Name} cannot be asked"),
        };
    }

    /// <summary>Writes what the folder of an adapter needs besides it: the configuration with the labels, and how vectors are made.</summary>
    public void WriteFiles(string folder)
    {
        AtomicFile.WriteAllText(Path.Combine(folder, HuggingFaceFolder.ConfigFileName), Config.ToJson());
        if (_kind.Rows is EmbedRows)
        {
            ModelWriter.WritePooling(_file, folder);
        }
    }

    private static LabelSet Unnamed(int outputs) => new([.. Enumerable.Range(0, outputs).Select(i => FormattableString.Invariant($"LABEL_{i}"))]);

    private static ModelConfig WithArchitecture(ModelConfig config, ModelHead head)
    {
        BackboneFamily family = KnownModels.BackboneFor(config);
        string name = config.Architectures.Count > 0 ? config.Architectures[0] : "";
        int end = name.IndexOf("For", StringComparison.Ordinal) is > 0 and var at ? at : name.IndexOf("LMHead", StringComparison.Ordinal);
        string begin = family.ClassName.Length > 0 ? family.ClassName : end > 0 ? name[..end] : "";
        return begin.Length > 0 ? head.NameIn(config, begin) : config.With("architectures", null);
    }

    // Classifiers on decoders look for the last token that is not padding, and transformers refuses batches without a padding id.
    private ModelConfig WithPadding(ModelConfig config) => config.Has("pad_token_id") || _text.EosTokenIds.Count == 0
        ? config
        : config.With("pad_token_id", _text.Source.PadToken is { } token && _text.Tokenizer.TokenToId(token) is { } id ? id : _text.EosTokenIds[0]);

    private int? MaskId => MaskTokens.Select(_text.Tokenizer.TokenToId).FirstOrDefault(id => id is not null);

    // What the user says of lengths and beams, and what comes with the model where nothing is said; predictions do not depend on chance.
    private GenerationOptions Writing(PredictionOptions options)
    {
        GenerationOptions own = GenerationOptions.From(_file.Generation.Values) with { EosTokenIds = _text.EosTokenIds, DoSample = false, NumReturnSequences = 1 };
        bool hasLimit = own is { MaxNewTokens: not null } or { MaxLength: not null };
        return own with
        {
            NumBeams = _context.Values.Has("num_beams") ? options.NumBeams : own.NumBeams,
            MaxNewTokens = _context.Values.Has("max_new_tokens") || !hasLimit ? options.MaxNewTokens : own.MaxNewTokens,
        };
    }
}
