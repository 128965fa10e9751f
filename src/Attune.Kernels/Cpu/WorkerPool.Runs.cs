using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Attune.Kernels.Cpu;

/// <content>How a run begins, is shared among the threads and ends.</content>
public sealed unsafe partial class WorkerPool
{
    private static void Invoke<TJob>(void* job, int index, int worker)
        where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(index, worker);

    private void Start(int worker)
    {
        var thread = new Thread(() => WorkerLoop(worker)) { IsBackground = true, Name = $"attune worker {worker}" };
        _workers[worker] = thread;
        thread.Start();
    }

    private void RunLocked(void* job, delegate*<void*, int, int, void> execute, int count)
    {
        _job = job;
        _execute = execute;
        _participants = Math.Min(count, Threads);
        var ranges = (IndexRange*)_rangeMemory.Pointer;
        for (int i = 0; i < _participants; i++)
        {
            ranges[i].Next = (int)((long)count * i / _participants);
            ranges[i].End = (int)((long)count * (i + 1) / _participants);
        }

        if (_callersWait)
        {
            OpenRun();
            WaitForWorkers();
        }
        else
        {
            TakePart();
        }
    }

    private void TakePart()
    {
        WorkerPool? outer = _current;
        int outerWorker = _currentWorker;
        _current = this;
        _currentWorker = 0;
        bool shared = _participants > 1;
        if (shared)
        {
            OpenRun();
        }

        Work(0);
        if (shared)
        {
            // Threads that have not woken up by now miss this run; only those inside are waited for.
            Interlocked.And(ref _state, ~Open);
            var spinner = new SpinWait();
            while ((Volatile.Read(ref _state) & ActiveMask) != 0)
            {
                spinner.SpinOnce(sleep1Threshold: -1);
            }
        }

        _current = outer;
        _currentWorker = outerWorker;
    }

    private void OpenRun()
    {
        Interlocked.Exchange(ref _state, (_state & ~Open) + Generation + Open);
        WakeParked();
    }

    /// <summary>Waits until a worker has found no index left, which closes the run, and all have left it.</summary>
    private void WaitForWorkers()
    {
        // A processor of its own may spin; one that the workers need may not.
        long deadline = Threads < Environment.ProcessorCount ? Stopwatch.GetTimestamp() + SpinTicks : 0;
        while (IsUnderWay && Stopwatch.GetTimestamp() < deadline)
        {
            Thread.SpinWait(8);
        }

        lock (_completion)
        {
            while (IsUnderWay)
            {
                Monitor.Wait(_completion);
            }
        }
    }

    private bool IsUnderWay => (Volatile.Read(ref _state) & (Open | ActiveMask)) != 0;

    /// <summary>Leaves a run, for a caller that only waits: the first to find no index left closes it, the last wakes the caller.</summary>
    private void Complete()
    {
        Interlocked.And(ref _state, ~Open);
        if ((Interlocked.Decrement(ref _state) & ActiveMask) == 0)
        {
            lock (_completion)
            {
                Monitor.PulseAll(_completion);
            }
        }
    }

    private void WakeParked()
    {
        if (Volatile.Read(ref _parked) > 0)
        {
            lock (_parking)
            {
                Monitor.PulseAll(_parking);
            }
        }
    }

    private void Work(int worker)
    {
        try
        {
            var ranges = (IndexRange*)_rangeMemory.Pointer;
            for (int offset = 0; offset < _participants; offset++)
            {
                IndexRange* range = ranges + ((worker + offset) % _participants);
                while (Volatile.Read(ref range->Next) < range->End && _failure is null)
                {
                    int index = Interlocked.Increment(ref range->Next) - 1;
                    if (index >= range->End)
                    {
                        break;
                    }

                    _execute(_job, index, worker);
                }
            }
        }
#pragma warning disable CA1031 // Whatever the job throws belongs to the caller of Run.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
        }
    }

    private void WorkerLoop(int worker)
    {
        using TileThread? tiles = _hasTiles ? TileThread.TryPrepare() : null;
        _current = this;
        _currentWorker = worker;
        long seen = 0;
        while (WaitForRun(seen, out long state))
        {
            if (Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                seen = state / Generation;
                Work(worker);
                if (_callersWait)
                {
                    Complete();
                }
                else
                {
                    Interlocked.Decrement(ref _state);
                }
            }
        }
    }

    /// <summary>Waits for an open run of another generation than <paramref name="seen"/>; false when the pool is being disposed.</summary>
    private bool WaitForRun(long seen, out long state)
    {
        long deadline = _spins ? Stopwatch.GetTimestamp() + SpinTicks : 0;
        while (!_disposed)
        {
            state = Volatile.Read(ref _state);
            if (IsNew(state, seen))
            {
                return true;
            }

            if (Stopwatch.GetTimestamp() < deadline)
            {
                Thread.SpinWait(8);
                continue;
            }

            Park(seen);
        }

        state = 0;
        return false;
    }

    private void Park(long seen)
    {
        lock (_parking)
        {
            // The increment is a full fence before the state is read, as the exchange of the state is one before the count is read: no wake-up is lost.
            Interlocked.Increment(ref _parked);
            while (!_disposed && !IsNew(Volatile.Read(ref _state), seen))
            {
                Monitor.Wait(_parking);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    private static bool IsNew(long state, long seen) => (state & Open) != 0 && state / Generation != seen;
}
