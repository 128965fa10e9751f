using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Attune.Data;
using Attune.Data.Formats;
using Attune.Data.Rows;
using Attune.Data.Tasks;
using Attune.Evaluation.Prediction;
using Attune.Nn;

namespace Attune.Cli.Tasks;

/// <summary>Predictions for the rows of files and of standard input, while they are read.</summary>
internal sealed class TaskPredictions(CommandContext context, TaskModel task, Network model)
{
    private const string StandardInput = "-";

    /// <summary>Rows that are run together at most: enough to find rows of the same length, few enough for a stream.</summary>
    private const int RowsAtOnce = 512;

    private readonly DataFileOptions _options = context.Values.Build<DataFileOptions>();
    private readonly TaskPredictor _predictor = task.Predictor(model);
    private readonly TaskEncoder _encoder = task.Encoder(model);

    /// <summary>Rows so far, bad ones included.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that could not be used.</summary>
    public long Errors { get; private set; }

    /// <summary>Predicts.</summary>
    /// <param name="files">The files, in this order.</param>
    /// <param name="write">Takes a line for each row (for each question of an article), in order.</param>
    /// <exception cref="DataException">A file or row cannot be used and may not be skipped.</exception>
    public void Run(IReadOnlyList<string> files, Action<string> write)
    {
        _options.Validate();

        // Rows are read ahead on a thread of their own, so that what waits in a pipe is run together.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        using var waiting = new BlockingCollection<DataRow>(2 * RowsAtOnce);
        Task reader = Task.Run(
            () =>
            {
                try
                {
                    foreach (DataRow row in files.SelectMany(Open))
                    {
                        waiting.Add(row, stop.Token);
                    }
                }
                finally
                {
                    waiting.CompleteAdding();
                }
            },
            stop.Token);
        try
        {
            while (waiting.TryTake(out DataRow? first, Timeout.Infinite, stop.Token))
            {
                List<DataRow> rows = [first];
                while (rows.Count < RowsAtOnce && waiting.TryTake(out DataRow? next))
                {
                    rows.Add(next);
                }

                Run(rows, write);
            }

            reader.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
        }
    }

    private IEnumerable<DataRow> Open(string path)
    {
        DataFile file = path == StandardInput ? new DataFile("standard input", Console.OpenStandardInput) : new DataFile(path);
        return KnownDataFormats.Of(file, path == StandardInput ? _options.Format ?? "jsonl" : _options.Format).Read(file, _options);
    }

    private void Run(List<DataRow> rows, Action<string> write)
    {
        List<(EncodedExample? Example, DataException? Error)> encoded = [];
        foreach (DataRow row in rows)
        {
            if (Rows == _options.MaxRows)
            {
                break;
            }

            Rows++;
            encoded.AddRange(Encode(row));
        }

        EncodedExample[] examples = [.. encoded.Select(entry => entry.Example).OfType<EncodedExample>()];
        IReadOnlyList<TaskPrediction> predictions = examples.Length == 0 ? [] : _predictor.Predict(examples, context.Cancellation);
        int next = 0;
        foreach ((EncodedExample? example, DataException? error) in encoded)
        {
            JsonObject line = example is null ? new JsonObject { ["error"] = error!.Message } : predictions[next++].ToJson();
            write(JsonText.Line(line));
        }
    }

    private List<(EncodedExample? Example, DataException? Error)> Encode(DataRow row)
    {
        try
        {
            List<(EncodedExample?, DataException?)> encoded = [.. (row.Error is null ? task.Read(row) : throw row.Error).Select(example => task.Encode(example, _encoder))];
            foreach ((_, DataException? error) in encoded)
            {
                if (error is not null)
                {
                    Count(error);
                }
            }

            return encoded;
        }
        catch (DataException error) when (error.Line is not null && _options.OnBadRows == "skip")
        {
            Count(error);
            return [(null, error)];
        }
    }

    private void Count(DataException error)
    {
        if (_options.OnBadRows != "skip" || ++Errors > _options.MaxBadRows)
        {
            throw error;
        }
    }
}
