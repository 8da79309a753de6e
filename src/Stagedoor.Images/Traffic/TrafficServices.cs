using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Traffic;

/// <summary>Bounds on what the module takes at once and of whom.</summary>
internal static class TrafficServices
{
    public const string Section = "Images:Traffic";

    public static void AddTraffic(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<TrafficOptions>().Bind(configuration.GetSection(Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TrafficOptions>, TrafficOptionsValidator>();
        services.AddSingleton<TrafficGate>();
    }

    /// <summary>
    /// Bounds how many requests to a group's operations are worked on at once, all of them together. Around everything else that stands before them, so that a request
    /// that is too many costs nothing more.
    /// </summary>
    public static T BoundTraffic<T>(this T group, TrafficGate gate)
        where T : IEndpointConventionBuilder
    {
        if (gate.IsBounded)
        {
            group.Finally(endpoint =>
            {
                var next = endpoint.RequestDelegate!;
                endpoint.RequestDelegate = async context =>
                {
                    if (!gate.TryEnter())
                    {
                        throw TrafficError.TooManyAtOnce(context, gate.MaxConcurrentRequests);
                    }

                    try
                    {
                        await next(context);
                    }
                    finally
                    {
                        gate.Leave();
                    }
                };
            });
        }

        group.CanFail(ImagesCodes.TooManyConcurrentRequests);
        return group;
    }

    /// <summary>The operation changes nothing of images, so that it goes on during maintenance.</summary>
    public static T ChangesNoImage<T>(this T builder)
        where T : IEndpointConventionBuilder => builder.WithMetadata(new ChangesNoImageMetadata());
}
