using Attune.Adapters;
using Attune.Cli.Commands;
using Attune.Cli.Models;
using Attune.Cli.Tasks;
using Attune.Export.Onnx;
using Attune.Formats;
using Attune.Kernels;
using Attune.Models;
using Attune.Models.Heads;
using Attune.Nn;
using Attune.Tensors;
using Attune.Text;

namespace Attune.Cli.Exports;

/// <summary>A model as ONNX graphs with its configuration and tokenizer.</summary>
internal static class OnnxFolder
{
    private const int MostTokens = 24;

    /// <summary>Writes the folder.</summary>
    public static ExportReport Write(CommandContext context, ExportOptions options, string output)
    {
        using ModelFile file = ModelFile.Open(options.Model!);
        TaskModel? task = options.Task is null ? null : TaskModel.Of(context, file, options.Adapter);
        using AtomicFolder folder = AtomicFolder.Create(output);
        using CpuBackend backend = ModelSession.CreateBackend(options.Threads);
        context.Terminal.Note("writing the graphs");
        OnnxExport.Write(folder.TemporaryPath, backend, file.Config, Load, options.WithPast, context.Cancellation);
        context.Terminal.Note("comparing them with the model");
        using var device = new Device(backend);
        Tokenizer? tokenizer = file.Tokenizer is null ? null : TokenizerFiles.Load(file.Tokenizer, file.Path);
        OnnxComparison comparison = OnnxComparison.Of(folder.TemporaryPath, Load(device), Sequences(file, tokenizer), options.WithPast, context.Cancellation);
        ModelWriter.WriteConfig(folder.TemporaryPath, file, task?.Config);
        int texts = tokenizer is null ? 0 : WrittenModel.CompareIds(output, new HuggingFaceTokenizerSource(folder.TemporaryPath), tokenizer);
        folder.Commit();
        return new ExportReport(comparison.Tensors, texts, comparison.LargestDifference);

        Network Load(Device device)
        {
            Network network = Network(file, task, device, options.Adapter is not null, context.Cancellation);
            if (options.Adapter is { } adapter)
            {
                Adapter opened = AdapterFolder.Open(adapter, network);
                task?.RequireTrained(opened);
                opened.Merge();
            }
            else
            {
                task?.RequireTrained(null);
            }

            return network;
        }
    }

    private static Network Network(ModelFile file, TaskModel? task, Device device, bool hasAdapter, CancellationToken cancellation)
    {
        var weights = new WeightOptions();
        if (task is not null)
        {
            return task.Load(device, weights, seed: 0);
        }

        LoadedHead loaded = AnyModelLoader.Load(device, file.Config, new StoppableTensors(file.Tensors, cancellation), weights);
        return loaded.FreshWeights.Count == 0 || hasAdapter
            ? loaded.Model
            : throw new UsageException($"{file.Path}: the weights of its head are not there: {string.Join(", ", loaded.FreshWeights)}; train it first, or name another --task");
    }

    /// <summary>Two texts of different lengths, so that padding is compared, too.</summary>
    private static int[][] Sequences(ModelFile file, Tokenizer? tokenizer)
    {
        int[] ids = ModelProbe.Ids(tokenizer, file.Config);
        return [[.. ids.Take(MostTokens)], [.. ids.Skip(1).Take(MostTokens / 2)]];
    }
}
