using System.Diagnostics;
using SnakeHost.Gateway.Apps;
using SnakeHost.Gateway.CPython;

namespace SnakeHost.Gateway.Runtime;

/// <summary>Samples an app's threads and tasks from inside, by <c>snakehost/sampler.py</c>. While nobody does, it costs nothing.</summary>
internal static class Profiler
{
    /// <summary>200 a second; more than 100 are left of it where one thread computes, which gives the GIL up every 5 ms.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(5);

    /// <summary>The processor time that a sample takes is waited for so many times over: an app with hundreds of tasks is sampled less often.</summary>
    private const int Rest = 40;

    /// <summary>Beyond what was asked for: C code may keep the GIL.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <param name="threads">The gateway's threads that work for the app. Called with the GIL.</param>
    /// <exception cref="NoProfileException">Python does not answer, or cannot do it.</exception>
    public static async Task<ProfileData> ProfileAsync(LoadedApp app, Func<IEnumerable<PythonThread>> threads, ProfileOrder order, CancellationToken cancellationToken)
    {
        if (order.IsCpu && !OperatingSystem.IsLinux())
            throw new NoProfileException("mode=cpu reads the threads' clocks as Linux has them: ask for mode=wall on this system.");
        var duration = TimeSpan.FromSeconds(order.Seconds);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stop = given.Token;
        try
        {
            return await PythonThread.RunAsync("SnakeHost profiler", thread => Run(thread, app, threads, order, duration, stop)).WaitAsync(duration + s_patience, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new NoProfileException($"Python has not answered for {s_patience.TotalSeconds:0} s: C code of an app keeps the GIL.");
        }
        catch (ObjectDisposedException)
        {
            throw new NoProfileException("The app has ended.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new NoProfileException($"The app cannot be profiled: {e.Message}");
        }
        finally
        {
            await given.CancelAsync();
        }
    }

    private static ProfileData Run(PythonThread thread, LoadedApp app, Func<IEnumerable<PythonThread>> threads, ProfileOrder order, TimeSpan duration, CancellationToken stop)
    {
        PyHandle sampler, sample;
        long started;
        using (thread.Attach())
        {
            using var module = Py.Import("snakehost.sampler");
            using var type = module.Attribute("Sampler");
            sampler = type.Call(app.Generation, PyBorrowed.Boolean(order.IsCpu)).Keep();
            sample = sampler.Value.Attribute("sample").Keep();
            started = Stopwatch.GetTimestamp();
        }

        var next = s_interval;
        while (Stopwatch.GetElapsedTime(started) < duration)
        {
            var wait = next - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.Zero && stop.WaitHandle.WaitOne(wait))
                break;
            using (thread.Attach())
            {
                // An app that has ended has no threads any more.
                if (app.IsDisposed)
                    break;
                using var own = List(threads());
                using var cost = sample.Value.Call(own);
                var now = Stopwatch.GetElapsedTime(started);
                next = Max(next + s_interval, now + TimeSpan.FromMicroseconds(cost.Borrow().ToInt64() * Rest / 1000.0), now);
            }
        }

        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        using (thread.Attach())
        {
            using var result = sampler.Value.Attribute("result");
            using var json = result.Call();
            sample.Dispose();
            sampler.Dispose();
            return PythonJson.Read(json.ToString(), InspectionJsonContext.Default.ProfileData) with { Mode = order.Mode, Seconds = seconds };
        }
    }

    private static PyOwned List(IEnumerable<PythonThread> threads)
    {
        var list = Py.List();
        foreach (var thread in threads)
            Py.AppendNew(list, Py.Tuple(Py.Int((long)thread.Identifier), Py.Int((long)thread.NativeId), Py.String($"{thread.Name} ({thread.NativeId})")));
        return list;
    }

    private static TimeSpan Max(params ReadOnlySpan<TimeSpan> times)
    {
        var most = times[0];
        foreach (var time in times)
            most = time > most ? time : most;
        return most;
    }
}
