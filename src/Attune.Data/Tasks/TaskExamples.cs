using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Data.Tokenization;

namespace Attune.Data.Tasks;

/// <summary>The examples of files, before they are tokenised: what classes there are is known only when all were read.</summary>
public sealed class TaskExamples
{
    private readonly RowTask _task;
    private readonly DataReportBuilder _report;
    private readonly List<(int File, TaskExample Example)> _examples = [];
    private readonly HashSet<string> _labels = new(StringComparer.Ordinal);

    private TaskExamples(RowTask task, DataFileOptions options) => (_task, _report) = (task, new DataReportBuilder(options));

    /// <summary>The classes that the examples name, in no order.</summary>
    public IReadOnlyCollection<string> Labels => _labels;

    /// <summary>The examples in the order of the files.</summary>
    public IEnumerable<TaskExample> Examples => _examples.Select(pair => pair.Example);

    /// <summary>Reads the labelled rows of files.</summary>
    /// <exception cref="DataException">A file or row is bad and may not be skipped.</exception>
    public static TaskExamples Read(
        IReadOnlyList<DataFile> files, DataFileOptions options, RowTask task, TaskColumnOptions columns, TaskOptions settings, CancellationToken cancellation = default)
    {
        options.Validate();
        settings.Validate();
        var examples = new TaskExamples(task, options);
        foreach (DataFile file in files)
        {
            examples.Read(file, options, columns, settings, cancellation);
        }

        return examples;
    }

    /// <summary>Tokenises the examples.</summary>
    /// <param name="encoder">What with.</param>
    /// <param name="tokenization">What becomes of rows that are too long.</param>
    /// <param name="cancellation">Stops between examples.</param>
    /// <exception cref="DataException">A row is bad and may not be skipped, or no row is left.</exception>
    public TaskDataset Encode(TaskEncoder encoder, TokenizationOptions tokenization, CancellationToken cancellation = default)
    {
        var kept = new List<EncodedExample>();
        foreach (((int file, _), (EncodedExample? example, DataException? error)) in OrderedWork.Run(_examples, pair => TryEncode(_task, pair.Example, encoder, tokenization), cancellation))
        {
            if (error is not null)
            {
                _report.Bad(error);
            }
            else if (example!.WasCut && tokenization.ExcessLengthStrategy == "drop")
            {
                _report.Skip(example.Example.Place, "longer than max_length");
            }
            else
            {
                Keep(file, example, kept);
            }
        }

        return new TaskDataset(kept, encoder.Labels, _report.Build());
    }

    /// <summary>Tokenises one example; a bad one comes back as its error.</summary>
    public static (EncodedExample? Example, DataException? Error) TryEncode(RowTask task, TaskExample example, TaskEncoder encoder, TokenizationOptions tokenization)
    {
        try
        {
            EncodedExample encoded = task.Encode(example, encoder);
            return !encoded.WasCut ? (encoded, null) : tokenization.ExcessLengthStrategy switch
            {
                "raise" => (null, example.Wrong("longer than max_length", $"max_length = {encoder.MaxLength}")),
                "split" => (null, example.Wrong("longer than max_length", "what is said of a whole row cannot be split; choose another excess_length_strategy")),
                _ => (encoded, null),
            };
        }
        catch (DataException error) when (error.Line is not null)
        {
            return (null, error);
        }
    }

    private void Keep(int file, EncodedExample example, List<EncodedExample> kept)
    {
        TokenRow[] rows = [.. example.Rows.Select(row => row.Tokens)];
        _report.Kept(file, rows.Max(row => row.Length), rows.Sum(AllTokens), rows.Sum(Trained));
        if (example.WasCut)
        {
            _report.Cut(example.Example.Place);
        }

        kept.Add(example);
    }

    /// <summary>Tokens of all texts of a row.</summary>
    private static int AllTokens(TokenRow row) => row.Length + (row.OutputIds?.Length ?? 0) + (row.NegativeIds?.Sum(ids => ids.Length) ?? 0);

    /// <summary>Tokens that the loss comes from: those with labels, those that are written, or all where something is said of the whole row.</summary>
    private static int Trained(TokenRow row) => row.LabelsAreOwn ? row.TrainedTokens : row.OutputIds?.Length ?? row.Length;

    private void Read(DataFile file, DataFileOptions options, TaskColumnOptions columns, TaskOptions settings, CancellationToken cancellation)
    {
        IDataFormat format = KnownDataFormats.Of(file, options.Format);
        int number = _report.BeginFile(file.Name, format.Key);
        _report.Shape(_task.Key);
        foreach (DataRow row in format.Read(file, options))
        {
            cancellation.ThrowIfCancellationRequested();
            if (_report.RowsRead >= (options.MaxRows ?? long.MaxValue))
            {
                break;
            }

            _report.Read();
            try
            {
                foreach (TaskExample example in row.Error is null ? _task.Read(row, columns, settings, isLabeled: true) : throw row.Error)
                {
                    _labels.UnionWith(_task.LabelsOf(example));
                    _examples.Add((number, example));
                }
            }
            catch (DataException error) when (error.Line is not null)
            {
                _report.Bad(error);
            }
        }
    }
}
