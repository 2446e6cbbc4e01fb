/* The benchmarks of `osteonav bench`, one line each: BENCH(function suffix, word, one-line
 * summary). Included several times with different meanings of BENCH; hence no guard. */
BENCH(latency, "latency",
      "a pose's way from the socket to the published scene, against receive loops")
BENCH(crc, "crc", "the checksum of OpenIGTLink bodies, against the library's")
BENCH(ingest, "ingest", "receiving poses and images at full speed, against the library's loop")
BENCH(fanout, "fanout", "one stream of poses to many subscribers, against plain servers")
#ifdef OSTEONAV_BENCH_VTK
BENCH(registration, "registration",
      "registration to the bone's surface, against VTK's iterative closest point")
BENCH(render, "render", "a frame of the 3D view, against VTK's own redraw")
BENCH(sections, "slices", "three sections of a scan through a moving tip, against vtkImageReslice")
#endif
BENCH(accuracy, "accuracy",
      "error of tip and blade on the simulated patient, against the limits to hold")
