namespace Stagedoor.Addons.Drivers;

/// <summary>How a release is.</summary>
/// <param name="State">One of <see cref="Running"/>, <see cref="Available"/> and <see cref="Abnormal"/>.</param>
/// <param name="Message">What is wrong; empty where nothing is.</param>
/// <param name="Objects">Its objects, each with how it is.</param>
internal sealed record HealthReport(string State, string Message, IReadOnlyList<ObjectHealth> Objects)
{
    public const string Running = "running";
    public const string Available = "available";
    public const string Abnormal = "abnormal";
}

/// <summary>How one object is.</summary>
/// <param name="Id">Which.</param>
/// <param name="IsReady">Whether it is as it should be.</param>
/// <param name="Message">What is wrong; empty where nothing is.</param>
internal sealed record ObjectHealth(ObjectId Id, bool IsReady, string Message);
