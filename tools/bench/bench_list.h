/* The benchmarks of `osteonav bench`, one line each: BENCH(function suffix, word, one-line
 * summary). Included several times with different meanings of BENCH; hence no guard. */
BENCH(latency, "latency",
      "a pose's way from the socket to the published scene, against receive loops")
BENCH(crc, "crc", "the checksum of OpenIGTLink bodies, against the library's")
BENCH(ingest, "ingest", "receiving poses and images at full speed, against the library's loop")
BENCH(fanout, "fanout", "one stream of poses to many subscribers, against plain servers")
BENCH(record, "record", "recording a session, against a raw file and a row a message")
#ifdef OSTEONAV_BENCH_VTK
BENCH(ar, "ar", "the model on a camera's live picture, against VTK's redraw over it")
BENCH(distance, "distance",
      "a moving blade against twelve structures, against vtkImplicitPolyDataDistance")
BENCH(prepare, "prepare",
      "a label map to closed surfaces, against VTK's filters as 3D Slicer uses them")
BENCH(registration, "registration",
      "registration to the bone's surface, against VTK's iterative closest point")
BENCH(display, "display",
      "a core and a display with moving tools: pictures a second, a pose's way there")
BENCH(render, "render", "a frame of the 3D view, against VTK's own redraw")
BENCH(screen, "screen", "a whole frame of the display with a tool moving, against VTK's own redraw")
BENCH(start, "start", "a display's first whole picture of a large case, and its memory")
BENCH(sections, "slices", "three sections of a scan through a moving tip, against vtkImageReslice")
BENCH(alarm, "alarm", "from an alarm's cause to the scene and to the pixels, against the limits")
#endif
BENCH(accuracy, "accuracy",
      "error of tip and blade on the simulated patient, against the limits to hold")
