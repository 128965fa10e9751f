namespace Attune.Kernels.Cpu;

/// <summary>A piece of parallel work that <see cref="WorkerPool"/> cuts by index.</summary>
public interface IJob
{
    /// <summary>Does the work of one index; called once per index, by any thread of the pool, in any order.</summary>
    /// <param name="index">0 to count - 1.</param>
    /// <param name="worker">The thread that runs it, 0 to <see cref="WorkerPool.Threads"/> - 1: names a scratch memory that nobody else uses meanwhile.</param>
    void Execute(int index, int worker);
}
