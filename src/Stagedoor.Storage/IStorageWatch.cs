namespace Stagedoor.Storage;

/// <summary>Who wants to know what storage does for the work at hand.</summary>
public interface IStorageWatch
{
    /// <summary>Hears of what is begun now; null when nobody wants to know. What began in its time is told to it wherever it ends.</summary>
    IStorageSteps? Current { get; }
}

/// <summary>Hears of what storage does for one piece of work. Any number of threads may tell; it neither waits nor throws.</summary>
public interface IStorageSteps
{
    /// <summary>A timestamp.</summary>
    long Now();

    /// <summary>A number for a step that others will be below.</summary>
    int Number();

    /// <summary>Notes a step that is over.</summary>
    /// <param name="work">The step.</param>
    /// <param name="fault">What ended it; null when nothing did.</param>
    void Note(in StorageStep work, Exception? fault);
}

/// <summary>Something that storage has done.</summary>
/// <param name="Kind">What kind of work.</param>
/// <param name="Name">The statement's text, without its arguments; else the operation.</param>
/// <param name="Module">Whose database it is; null for blobs.</param>
/// <param name="Engine">What does it.</param>
/// <param name="Started">The timestamp of its begin.</param>
/// <param name="Amount">How many rows or bytes; negative when that is not known.</param>
/// <param name="Number">Its number, when others are below it.</param>
/// <param name="Within">The number of the step that it is below; 0 for none.</param>
public readonly record struct StorageStep(
    StorageWork Kind, string Name, string? Module, string Engine, long Started, long Amount = -1, int Number = 0, int Within = 0);

/// <summary>What kind of work storage does.</summary>
public enum StorageWork
{
    /// <summary>One statement.</summary>
    Statement,

    /// <summary>A transaction.</summary>
    Transaction,

    /// <summary>Several reads on one connection.</summary>
    Reads,

    /// <summary>Something with large content.</summary>
    Blob,
}
