namespace Attune.Data.Tasks;

/// <summary>The tasks whose rows are columns with labels; <c>clm</c>, which learns running text, has shapes of its own.</summary>
public static class KnownRowTasks
{
    /// <summary>The key of next-token prediction.</summary>
    public const string CausalLm = "clm";

    /// <summary>One line each.</summary>
    public static IReadOnlyList<RowTask> All { get; } =
    [
        new MlmRows(),
        new ClassifyRows(),
        new MultiLabelRows(),
        new RegressRows(),
        new TagRows(),
        new QaRows(),
        new ChoiceRows(),
        new Seq2SeqRows(),
        new EmbedRows(),
    ];

    /// <summary>The task of a key; null for <see cref="CausalLm"/>.</summary>
    /// <exception cref="DataException">There is no such task.</exception>
    public static RowTask? Of(string key)
    {
        Check(key);
        return All.FirstOrDefault(task => task.Key == key);
    }

    internal static void Check(string key) => Data.Check.OneOf(key, "task", [CausalLm, .. All.Select(task => task.Key)]);
}
